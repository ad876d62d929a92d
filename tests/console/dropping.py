"""Dropping files on a page, as a hand would."""

import base64

from playwright.async_api import Page

DROP = """(files) => {
  const carried = new DataTransfer();
  for (const { name, type, data } of files) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    carried.items.add(new File([bytes], name, { type }));
  }
  const event = (name) => new DragEvent(name, { dataTransfer: carried, bubbles: true, cancelable: true });
  const zone = document.getElementById("drop-zone");
  for (const name of ["dragenter", "dragover", "drop"]) zone.dispatchEvent(event(name));
}"""


async def drop(page: Page, files: dict[str, bytes]) -> None:
    """Drop files, by name, on the page as a hand would."""
    await page.evaluate(
        DROP,
        [
            {"name": name, "type": f"image/{name.rpartition('.')[2]}", "data": base64.b64encode(data).decode()}
            for name, data in files.items()
        ],
    )
