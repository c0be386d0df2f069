"""Content-Encoding, undone in small parts."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.unpack import PART, WrongPacking, unpacker


def unpacked(encoding: str, packed: bytes, size: int) -> tuple[bytes, bool]:
    """Fed in pieces of `size` bytes; whether it was whole."""
    unpacking = unpacker(encoding)
    parts = []
    for start in range(0, len(packed), size):
        parts += unpacking.parts(packed[start : start + size])
    parts.append(unpacking.rest())
    assert all(len(part) <= PART for part in parts)
    return b"".join(parts), unpacking.whole


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@given(st.binary(max_size=400), st.integers(1, 50), st.integers(1, 400))
def test_every_way_of_packing_comes_back(data: bytes, size: int, times: int) -> None:
    """gzip in one and two members and with padding, deflate with and without header, in pieces of any size."""
    data = data * times
    two = gzip.compress(data[:100]) + gzip.compress(data[100:])
    for encoding, packed in (
        ("gzip", gzip.compress(data)),
        ("X-GZIP", two),
        ("gzip", two + bytes(7)),
        ("deflate", zlib.compress(data)),
        ("deflate", raw_deflate(data)),
        ("identity, gzip", gzip.compress(data)),
        ("utf-8", data),
        ("", data),
    ):
        assert unpacked(encoding, packed, size) == (data, True)


def test_a_bomb_comes_in_small_parts() -> None:
    """A thousandfold body never exceeds one part at a time."""
    assert unpacked("gzip", gzip.compress(bytes(30_000_000)), 4096) == (bytes(30_000_000), True)


@given(st.data(), st.binary(min_size=50, max_size=300))
def test_a_body_cut_short_is_not_whole(data: st.DataObject, content: bytes) -> None:
    """Wherever it ends too early, it is known."""
    for encoding, packed in (("gzip", gzip.compress(content)), ("deflate", zlib.compress(content))):
        end = data.draw(st.integers(1, len(packed) - 1))
        assert not unpacked(encoding, packed[:end], 20)[1]


@pytest.mark.parametrize(
    "encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip,deflate", "gzip, br", "nonsense"]
)
def test_what_was_not_asked_for_is_refused(encoding: str) -> None:
    """Other ways of packing, and any chain of them."""
    with pytest.raises(WrongPacking):
        unpacker(encoding)


@given(st.binary(max_size=500), st.sampled_from(["gzip", "deflate"]))
def test_no_bytes_raise_anything_else(data: bytes, encoding: str) -> None:
    """Noise is WrongPacking, or a body that is not whole, or one that happens to be."""
    with suppress(WrongPacking):
        unpacked(encoding, data, 64)
