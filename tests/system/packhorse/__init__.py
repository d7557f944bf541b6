"""A second implementation of Packhorse's formats and session.

It is written from docs/formats.md and docs/protocol.md and shares no code
with the programs that it tests.  Slow and small; signatures are made and
checked by ssh-keygen, zstd frames are decoded by libzstd.
"""
