"""Uploads: what a file is by its bytes, and everything that is not taken, in one sentence."""

from __future__ import annotations

import io
import json
import struct
import wave
import zipfile
import zlib

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from safetensors.numpy import save

from api.security import probing
from api.security.sniffing import MEDIA, Kind, sniff
from vibeboard.faults import Rejected

MOST = 2**20


def image(kind, **more):
    out = io.BytesIO()
    Image.new("RGB", (32, 16), "red").save(out, kind, **more)
    return out.getvalue()


def sound(container, codec, seconds=0.5):
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=48_000, layout="mono")
        samples = int(48_000 * seconds)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, samples), np.float32), format="fltp", layout="mono")
        frame.rate, frame.pts = 48_000, 0
        resampler = av.AudioResampler(
            stream.codec_context.format, "mono", 48_000, frame_size=stream.codec_context.frame_size
        )
        for part in [*resampler.resample(frame), *resampler.resample(None), None]:
            file.mux(stream.encode(part))
    return out.getvalue()


def video(container, codec, size=(64, 48), frames=12):
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=24)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for _ in range(frames):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((size[1], size[0], 3), np.uint8))))
        file.mux(stream.encode())
    return out.getvalue()


def wav(seconds=0.5):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(int(16_000 * seconds)))
    return out.getvalue()


def glb(scene):
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<4sII", b"glTF", 2, 20 + len(text)) + struct.pack("<I4s", len(text), b"JSON") + text


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("Main.class", "code")
    return out.getvalue()


FDX = b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n<FinalDraft Version="5">\n</FinalDraft>'
SCRIPT = "INT. CAFÉ - NIGHT\n\nShe writes <script> on the wall.\n".encode()
OTIO = json.dumps({"OTIO_SCHEMA": "Timeline.1", "name": "cut"}).encode()
TAKEN = {
    Kind.PNG: lambda: image("PNG"),
    Kind.JPEG: lambda: image("JPEG"),
    Kind.WEBP: lambda: image("WEBP"),
    Kind.GIF: lambda: image("GIF"),
    Kind.MP4: lambda: video("mp4", "libx264"),
    Kind.MOV: lambda: video("mov", "libx264"),
    Kind.WEBM: lambda: video("webm", "libvpx-vp9"),
    Kind.M4A: lambda: sound("ipod", "aac"),
    Kind.WAV: wav,
    Kind.FLAC: lambda: sound("flac", "flac"),
    Kind.MP3: lambda: sound("mp3", "libmp3lame"),
    Kind.OGG: lambda: sound("ogg", "libopus"),
    Kind.PDF: lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
    Kind.GLB: lambda: glb({"asset": {"version": "2.0"}, "buffers": [{"byteLength": 0}]}),
    Kind.FDX: lambda: FDX,
    Kind.OTIO: lambda: OTIO,
    Kind.TEXT: lambda: SCRIPT,
}


@pytest.fixture(scope="module")
def samples():
    return {kind: make() for kind, make in TAKEN.items()}


@pytest.fixture
def look(tmp_path):
    def looked(data, most=MOST):
        path = tmp_path / "evil.html"
        path.write_bytes(data)
        return sniff(path, most)

    return looked


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_known_by_its_bytes(kind, samples, look):
    found = look(samples[kind])
    assert (found.kind, found.media) == (kind, MEDIA[kind])


def test_pictures_videos_and_sounds_are_measured(samples, look):
    assert look(samples[Kind.WEBP])[2:] == (32, 16, None)
    assert look(samples[Kind.MP4])[2:] == (64, 48, pytest.approx(0.5, abs=0.1))
    assert look(samples[Kind.FLAC])[2:] == (0, 0, pytest.approx(0.5, abs=0.1))


@given(
    kind=st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]),
    size=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    mode=st.sampled_from(["RGB", "RGBA", "L"]),
    options=st.fixed_dictionaries(
        {"progressive": st.booleans(), "lossless": st.booleans(), "exif": st.binary(max_size=9000)}
    ),
)
def test_a_picture_is_as_large_as_pillow_finds_it(kind, size, mode, options, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "picture"
    picture = Image.new(mode if kind != "JPEG" or mode != "RGBA" else "CMYK", size)
    picture.save(path, kind, **options, quality=20)
    assert sniff(path, MOST)[:1] + sniff(path, MOST)[2:] == (kind.lower(), *size, None)


def test_the_cover_of_a_song_does_not_make_it_a_video(samples, look):
    cover = image("JPEG")
    picture = b"\x00image/jpeg\x00\x03\x00" + cover
    frame = b"APIC" + struct.pack(">IH", len(picture), 0) + picture
    size = len(frame)
    tag = b"ID3\x03\x00\x00" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + frame
    found = look(tag + samples[Kind.MP3])
    assert (found.kind, found.width) == (Kind.MP3, 0)


HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BOMB = b'<?xml version="1.0"?><!DOCTYPE FinalDraft [<!ENTITY a "aaaa">]><FinalDraft>&a;</FinalDraft>'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "none of what is taken"),
        (HTML, "markup"),
        (b"\n\t  " + HTML, "markup"),
        (b"\xef\xbb\xbf" + SVG, "markup"),
        (BOMB, "markup"),
        (b"\x7fELF" + bytes(60), "none of what is taken"),
        (b"caf\xe9 in Latin-1", "none of what is taken"),
        (b"a\x00b", "none of what is taken"),
        (save({"weights": np.zeros(4, np.float32)}), "none of what is taken"),
        (zipped(), "none of what is taken"),
        (b"#EXTM3U\n\x00", "none of what is taken"),
    ],
)
def test_what_is_not_taken_is_refused(data, says, look):
    with pytest.raises(Rejected, match=says) as refused:
        look(data)
    assert refused.value.fault.code == "unsupported_media"
    assert refused.value.fault.message.count("\n") == 0


@pytest.mark.parametrize("brand", [b"heic", b"hevx", b"avif", b"avis", b"mif1", b"msf1", b"crx ", b"jp2 "])
def test_pictures_in_the_clothes_of_videos_are_not_taken(brand, samples, look):
    with pytest.raises(Rejected, match="none of what is taken"):
        look(samples[Kind.MP4].replace(b"ftypisom", b"ftyp" + brand))


def test_arrays_of_numpy_are_refused(look):
    out = io.BytesIO()
    np.savez(out, a=np.zeros(3))
    with pytest.raises(Rejected, match="none of what is taken"):
        look(out.getvalue())


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in (Kind.FDX, Kind.OTIO, Kind.TEXT, Kind.PDF)])
def test_the_first_bytes_alone_are_not_enough(kind, samples, look):
    with pytest.raises(Rejected, match=r"export it|none of what is taken"):
        look(samples[kind][:24])


def with_text(text):
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", text)
    return image("PNG", pnginfo=info)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (with_text("<script>alert(1)</script>"), "a web page"),
        (image("JPEG", comment=b"<SVG onload=alert(1)>"), "a web page"),
        (image("GIF", comment=b"<?php system('id') ?>"), "a web page"),
        (with_text("%PDF-1.4 "), "a PDF"),
        (b"INT. DINER\n%PDF-1.4\n", "a PDF"),
        (image("GIF") + zipped(), "a zip archive"),
        (wav() + zipped(), "a zip archive"),
        (b"%PDF-1.7\n" + zipped(), "a zip archive"),
    ],
)
def test_a_file_that_is_two_kinds_is_refused(data, says, look):
    with pytest.raises(Rejected, match=f"{says} as well"):
        look(data)


def test_the_mark_of_an_archive_within_a_picture_does_no_harm(look):
    assert look(image("JPEG") + b"PK\x05\x06" + bytes(40)).kind is Kind.JPEG


def png_that_says(width, height):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(8001, 8000), (10_000, 10_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused(size, look):
    with pytest.raises(Rejected, match="too many pixels"):
        look(png_that_says(*size))


def test_a_picture_as_large_as_the_bound_is_taken(look):
    assert look(png_that_says(8000, 8000)).width == 8000


@pytest.mark.parametrize("kind", [Kind.MP4, Kind.MOV, Kind.WEBM])
def test_a_video_of_frames_over_the_bound_is_refused(kind, samples, look, monkeypatch):
    monkeypatch.setattr(probing, "MOST_PIXELS", 64 * 48)
    assert look(samples[kind]).width == 64
    monkeypatch.setattr(probing, "MOST_PIXELS", 64 * 48 - 1)
    with pytest.raises(Rejected, match="too many pixels"):
        look(samples[kind])


def test_a_sound_that_lasts_for_ever_is_refused(look):
    """Two and a half hours of 8-bit silence at 1 Hz."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 1, 1, 0, "NONE", ""))
        file.writeframes(bytes(9000))
    with pytest.raises(Rejected, match="lasts 9000 s"):
        look(out.getvalue())


def test_a_file_that_is_too_large_is_refused_before_it_is_read(look):
    with pytest.raises(Rejected, match=r"over 0\.5 MiB") as refused:
        look(bytes(2**19 + 1), most=2**19)
    assert refused.value.fault.code == "too_large"


@pytest.mark.parametrize("uri", ["http://169.254.169.254/", "/etc/passwd", "mesh.bin"])
def test_a_model_that_names_another_file_is_refused(uri, look):
    with pytest.raises(Rejected, match="outside it"):
        look(glb({"asset": {"version": "2.0"}, "buffers": [{"byteLength": 4, "uri": uri}]}))


@pytest.mark.parametrize("scene", [[], {"buffers": 5}, {"images": ["x"]}])
def test_a_model_of_no_sense_is_refused(scene, look):
    with pytest.raises(Rejected, match="glb"):
        look(glb(scene))


def test_json_as_deep_as_it_gets_is_plain_text(look):
    assert look(b'{"a":' * 100_000).kind is Kind.TEXT


@given(
    kind=st.sampled_from(list(Kind)),
    cut=st.integers(0, 400),
    flips=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6),
    more=st.binary(max_size=40),
)
def test_whatever_comes_is_taken_or_refused(kind, cut, flips, more, samples, tmp_path_factory):
    data = bytearray(samples[kind])
    for at, value in flips:
        data[at % len(data)] = value
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(bytes(data[: len(data) - cut]) + more)
    try:
        assert sniff(path, MOST).kind in Kind
    except Rejected as refused:
        assert refused.fault.code == "unsupported_media"
