"""Calls to an S3 server: patient with one that is away, whole files or nothing, uploads that go on where they stopped.

Only what Amazon S3 and Cloudflare R2 both document is used (https://developers.cloudflare.com/r2/api/s3/api/).
"""

from __future__ import annotations

import hashlib
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as CannotConnect

from vibeboard.faults import FaultError, Rejected, StoreAway, Transient
from vibeboard.settings import Settings

PART = 16 << 20
"""Bytes of a part; larger files are uploaded in parts. S3 allows 10,000 parts of at least 5 MiB."""
_CHUNK = 1 << 20
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 5.0
_PASSING = frozenset({"RequestTimeout", "SlowDown", "ConditionalRequestConflict", "OperationAborted"})
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchUpload"})
_THERE = frozenset({"412", "PreconditionFailed"})


class Found(NamedTuple):
    key: str
    size: int
    since: datetime


class Bucket:
    """A bucket, or the keys in it under a prefix. A server that does not answer, or is busy, is asked again for
    `patience_s` seconds.

    Every call raises:
        StoreAway: it is away for longer than that.
        Rejected: it refuses: wrong keys, no such bucket.
    """

    def __init__(self, client: Any, name: str, prefix: str, *, patience_s: float) -> None:
        self._client, self._name, self._prefix, self._patience_s = client, name, prefix, patience_s

    def __str__(self) -> str:
        return f"s3://{self._name}/{self._prefix}"

    def close(self) -> None:
        self._client.close()

    def answers(self) -> bool:
        """Whether the server says anything of its own, even that it refuses; asked once."""
        try:
            self._client.head_object(Bucket=self._name, Key=f"{self._prefix}answers")
        except (ClientError, BotoCoreError) as error:
            return not _passes(error)
        return True

    def has(self, key: str) -> bool:
        return self._unless(_ABSENT, self._client.head_object, Key=self._prefix + key) is not None

    def upload(self, key: str, path: Path) -> None:
        """Put a file under a key, or leave what is there."""
        if path.stat().st_size > PART:
            self._upload_parts(key, path)
        else:
            self.put(key, path.read_bytes())

    def put(self, key: str, data: bytes) -> None:
        """Put bytes under a key, or leave what is there."""
        where = {"Key": self._prefix + key, "IfNoneMatch": "*"}
        self._unless(_THERE, self._client.put_object, **where, Body=data, ContentMD5=_md5(data))

    def _upload_parts(self, key: str, path: Path) -> None:
        """A part that is there already, from an upload that was cut off, is not sent again."""
        upload = {"Key": self._prefix + key}
        upload["UploadId"] = self._begun(key) or self._call(self._client.create_multipart_upload, **upload)["UploadId"]
        there = self._parts(upload)
        etags = []
        with path.open("rb") as file:
            for number, data in enumerate(iter(lambda: file.read(PART), b""), 1):
                if there.get(number) != hashlib.md5(data, usedforsecurity=False).hexdigest():
                    part = {"PartNumber": number, "Body": data, "ContentMD5": _md5(data)}
                    there[number] = self._call(self._client.upload_part, **upload, **part)["ETag"].strip('"')
                etags.append({"PartNumber": number, "ETag": there[number]})
        complete = {"MultipartUpload": {"Parts": etags}, "IfNoneMatch": "*"}
        if self._unless(_THERE | _ABSENT, self._client.complete_multipart_upload, **upload, **complete) is None:
            self._unless(_ABSENT, self._client.abort_multipart_upload, **upload)
            if not self.has(key):
                raise Transient("upload_lost", f"{self} forgot an upload that had begun: run again")

    def _begun(self, key: str) -> str | None:
        """The newest upload under a key that was never ended."""
        found = [upload for upload in self._uploads(key) if upload["Key"] == self._prefix + key]
        return str(max(found, key=lambda upload: upload["Initiated"])["UploadId"]) if found else None

    def _uploads(self, key: str = "") -> Iterator[dict[str, Any]]:
        marks: dict[str, str] = {}
        while True:
            page = self._call(self._client.list_multipart_uploads, Prefix=self._prefix + key, **marks)
            yield from page.get("Uploads", [])
            if not page.get("IsTruncated"):
                return
            marks = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def _parts(self, upload: dict[str, str]) -> dict[int, str]:
        """Number -> MD5 of the parts that are there."""
        parts: dict[int, str] = {}
        mark = 0
        while True:
            page = self._call(self._client.list_parts, **upload, PartNumberMarker=mark)
            parts.update((part["PartNumber"], part["ETag"].strip('"')) for part in page.get("Parts", []))
            if not page.get("IsTruncated"):
                return parts
            mark = page["NextPartNumberMarker"]

    def download(self, key: str, file: IO[bytes]) -> bool:
        """Write what is under a key into a file; a connection that breaks is taken up where it broke. False if there is
        nothing under it."""
        total, broken = -1, time.monotonic()
        while file.tell() != total:
            span = {"Range": f"bytes={file.tell()}-"} if file.tell() else {}
            answer = self._unless(_ABSENT, self._client.get_object, Key=self._prefix + key, **span)
            if answer is None:
                return False
            before, total = file.tell(), file.tell() + answer["ContentLength"]
            try:
                for chunk in answer["Body"].iter_chunks(_CHUNK):
                    file.write(chunk)
            except (HTTPClientError, IncompleteReadError) as error:
                if file.tell() > before:
                    broken = time.monotonic()
                elif time.monotonic() - broken > self._patience_s:
                    raise self._fault(error) from error
                else:
                    time.sleep(_FIRST_WAIT_S)
        return True

    def presigned(self, key: str, media: str, disposition: str, seconds: int) -> str:
        """A URL that gets what is under a key for so long (up to 7 days), answered with these headers. Nobody is asked:
        the keys of the settings sign it (AWS Signature Version 4)."""
        answered = {"ResponseContentType": media, "ResponseContentDisposition": disposition}
        what = {"Bucket": self._name, "Key": self._prefix + key, **answered}
        return str(self._client.generate_presigned_url("get_object", Params=what, ExpiresIn=seconds))

    def listed(self) -> Iterator[Found]:
        """Everything under the prefix, by key."""
        mark: dict[str, str] = {}
        while True:
            page = self._call(self._client.list_objects_v2, Prefix=self._prefix, **mark)
            for item in page.get("Contents", []):
                yield Found(item["Key"].removeprefix(self._prefix), item["Size"], item["LastModified"])
            if not page.get("IsTruncated"):
                return
            mark = {"ContinuationToken": page["NextContinuationToken"]}

    def delete(self, key: str) -> None:
        self._call(self._client.delete_object, Key=self._prefix + key)

    def abort_uploads(self) -> None:
        for upload in list(self._uploads()):
            which = {"Key": upload["Key"], "UploadId": upload["UploadId"]}
            self._unless(_ABSENT, self._client.abort_multipart_upload, **which)

    def _unless(self, codes: frozenset[str], call: Callable[..., Any], **arguments: object) -> Any | None:
        """The answer, or None if it is one of these refusals."""
        try:
            return self._call(call, **arguments)
        except Refused as refused:
            if refused.code in codes:
                return None
            raise

    def _call(self, call: Callable[..., Any], **arguments: object) -> Any:
        wait, end = _FIRST_WAIT_S, time.monotonic() + self._patience_s
        while True:
            try:
                return call(Bucket=self._name, **arguments)
            except (ClientError, BotoCoreError) as error:
                if not _passes(error) or time.monotonic() + wait > end:
                    raise self._fault(error) from error
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_S)

    def _fault(self, error: Exception) -> FaultError:
        if isinstance(error, ClientError) and not _passes(error):
            return Refused(str(error.response["Error"].get("Code")), f"{self} refuses: {error}")
        if _passes(error):
            return StoreAway(f"{self} has not answered for {self._patience_s:.0f} s ({error})")
        return Rejected("storage_refused", f"{self} cannot be asked ({error}): set VIBEBOARD_S3_KEY_ID and _SECRET")


class Refused(Rejected):
    """The server's refusal and its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__("storage_refused", message)
        self.code = code


def _passes(error: Exception) -> bool:
    """Whether it may go well later."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or status == 429 or error.response["Error"].get("Code") in _PASSING
    return isinstance(error, HTTPClientError | CannotConnect | IncompleteReadError)


def _md5(data: bytes) -> str:
    """RFC 1864: the server compares it with what has come."""
    return b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def open_bucket(url: str, settings: Settings, patience_s: float | None = None) -> Bucket:
    """The bucket of `s3://bucket/prefix`, patient as the settings say unless told otherwise.

    Raises:
        Rejected: the URL is none of these.
    """
    name, _, prefix = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not name:
        raise Rejected("bad_blobs", f"VIBEBOARD_BLOBS={url}: write a folder, or s3://bucket or s3://bucket/prefix")
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if settings.s3_endpoint else "auto"},
        retries={"total_max_attempts": 1},
        connect_timeout=5,
        read_timeout=30,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    client = Session().client(
        "s3",
        endpoint_url=settings.s3_endpoint or None,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_key_id.get_secret_value() or None,
        aws_secret_access_key=settings.s3_secret.get_secret_value() or None,
        config=config,
    )
    patience_s = settings.store_patience_s if patience_s is None else patience_s
    return Bucket(client, name, f"{prefix.strip('/')}/" if prefix.strip("/") else "", patience_s=patience_s)
