"""Small documents that ask for far too much, and the limit that each one meets."""


def doubling_fragments(levels: int, leaf: str = "__typename") -> str:
    """Return a query whose fragments spread the next one twice: 2 to the power of `levels` leaves in few bytes."""
    chain = "".join(f"fragment f{n} on Query{{...f{n + 1} ...f{n + 1}}}" for n in range(levels))
    return f"{{...f0}}{chain}fragment f{levels} on Query{{{leaf}}}"


def nested_pages(levels: int, first: int) -> str:
    """Return a query for pages of images in pages of flows in pages of images, and so on."""
    opening = "".join(f"{name}(first:{first}){{edges{{node{{" for name in ("images", "flows") * (levels // 2))
    return "{" + opening + "id" + "}}}" * levels + "}"


BOMBS: dict[str, tuple[str, str]] = {
    "fields that nest deeply": (
        "depth",
        "{flows{edges{node" + "{cover{flows{edges{node" * 4 + "{id}" + "}}}}" * 4 + "}}}",
    ),
    "inline fragments that nest": ("nesting", "{" + "...{" * 110 + "__typename" + "}" * 111),
    "aliases side by side": ("aliases", "{" + "".join(f"a{n}:server{{version}}" for n in range(31)) + "}"),
    "aliases in fragments that double": ("aliases", doubling_fragments(18, "a:server{version}")),
    "fields in fragments that double": ("cost", doubling_fragments(18)),
    "directives on one field": ("directives", "{__typename" + "@skip(if:false)" * 51 + "}"),
    "directives in fragments that double": ("directives", doubling_fragments(18, "__typename @skip(if:false)")),
    "fragments": ("fragments", "{...f0}" + "".join(f"fragment f{n} on Query{{__typename}}" for n in range(51))),
    "mutations": (
        "mutations",
        "mutation{" + "".join(f'm{n}:cancelJob(input:{{jobId:"{n}"}}){{job{{id}}}}' for n in range(11)) + "}",
    ),
    "pages in pages": ("cost", nested_pages(4, 100)),
}
"""By what they hold: the limit that refuses it, and the document."""
