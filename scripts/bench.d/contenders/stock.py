"""Our server with the library's own executor: with its caches of documents, and without a plan of what is read."""

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.cli import main
from schema import build

if __name__ == "__main__":
    build.PlannedExecution = StrawberryGraphQLCoreExecutionContext  # type: ignore[misc]
    main()
