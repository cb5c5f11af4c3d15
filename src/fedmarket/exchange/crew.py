"""Processes that share a job's spans, and the journal that lets an interrupted one go on."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

from fedmarket.domain.errors import RefusedError
from fedmarket.domain.exchange.chunks import chunk_count
from fedmarket.exchange.jobs import SPAN, Done, Job, span_count, written_at

Progress = Callable[[int, int], None]
"""Told (spans done, spans in all) after each."""


def silent(done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Crew:
    """How a file is worked on: by so many processes, telling `progress`.

    With one worker nothing is started. More are started afresh (spawned): a script that uses them needs the usual
    `if __name__ == "__main__"`.
    """

    workers: int = 1
    progress: Progress = silent

    def work(self, job: Job, journal: "Journal | None" = None) -> bytes:
        """Do a job to every span that `journal` does not know; returns all hashes in order, 32 bytes each.

        Raises what the job raises, and RefusedError (exchange.worker_died) where a process was killed.
        """
        total = span_count(job.size)
        known = dict(journal.sound()) if journal else {}
        waiting = [span for span in range(total) if span not in known]
        for done, (span, result) in enumerate(self._results(job, waiting), len(known) + 1):
            known[span] = result.leaves
            if journal:
                journal.add(span, result)
            self.progress(done, total)
        return b"".join(known[span] for span in range(total))

    def _results(self, job: Job, spans: list[int]) -> Iterator[tuple[int, Done]]:
        workers = min(self.workers, len(spans))
        if workers <= 1:
            yield from ((span, job.run(span)) for span in spans)
            return
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            try:
                yield from _in_order(pool, job, spans, 2 * workers)
            except BrokenProcessPool as error:
                raise RefusedError("exchange.worker_died") from error
            finally:
                pool.shutdown(cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, job: Job, spans: list[int], ahead: int) -> Iterator[tuple[int, Done]]:
    """Hand spans out, no more than `ahead` at a time, and give their results back in order."""
    running: deque[tuple[int, Future[Done]]] = deque()
    for span in spans:
        running.append((span, pool.submit(job.run, span)))
        if len(running) == ahead:
            first, future = running.popleft()
            yield first, future.result()
    for first, future in running:
        yield first, future.result()


class Journal:
    """The spans of a target that were finished, in a file beside it, so that an interrupted job goes on.

    A record is a span's number, its hashes (as many as a full span has), sha256 of what was written, and a checksum
    over all that and the job: records of another job, or cut off by a crash, count as none. A span counts only if the
    target still holds what was written.
    """

    _RECORD = 8 + 32 * SPAN + 32 + 32

    def __init__(self, target: Path, job_id: bytes, size: int, stride: int) -> None:
        """`stride` is the target's bytes in a full span; `job_id` 32 bytes that differ for every other job."""
        self._target = target
        self._path = target.with_name(target.name + ".journal")
        self._job_id = job_id
        self._size = size
        self._stride = stride

    def sound(self) -> Iterator[tuple[int, bytes]]:
        """Return the number and the hashes of each finished span whose bytes are in the target."""
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            while len(record := file.read(self._RECORD)) == self._RECORD:
                body, written = record[:-32], record[-64:-32]
                span = int.from_bytes(body[:8], "big")
                ours = record[-32:] == self._checksum(body) and span < span_count(self._size)
                if ours and written_at(self._target, self._stride * span, self._stride) == written:
                    yield span, body[8 : 8 + 32 * min(SPAN, chunk_count(self._size) - SPAN * span)]

    def add(self, span: int, done: Done) -> None:
        """Write down that a span is finished."""
        body = span.to_bytes(8, "big") + done.leaves.ljust(32 * SPAN, b"\0") + done.written
        with self._path.open("ab") as file:
            # a record that a crash cut off would shift all after it
            file.truncate(file.tell() // self._RECORD * self._RECORD)
            file.write(body + self._checksum(body))

    def forget(self) -> None:
        """Remove the journal: the target is whole."""
        self._path.unlink(missing_ok=True)

    def _checksum(self, body: bytes) -> bytes:
        return sha256(self._job_id + body).digest()
