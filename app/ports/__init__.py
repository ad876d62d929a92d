"""What the services need from the outside, as protocols.

Guarantees that hold for every method of every port:

- Coroutines wait on IO and never block the loop; all may be called from many tasks at once.
- Times are aware UTC; a tuple comes back where nothing changes.
- `get` raises NotFound, `find` returns None, `list` pages.
- One call is atomic: after a crash all of it is there, or nothing. What is acknowledged survives a power cut.
- A full disk raises InsufficientStorage and changes nothing.
"""
