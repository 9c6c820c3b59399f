"""The processes that make pictures: bounded, killed when they take too long, and nothing of the shop in them."""

import asyncio
import os
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from surehold.adapters.images.workshop import WAITING_MAX, PictureWorkshop
from surehold.kernel.errors import UnavailableError
from surehold.modules.catalog import PictureRefusedError
from tests.support.pictures import drawn, encoded

BODY = encoded(drawn(400, 300))


def benches() -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if "surehold.adapters.images.bench" in p.cmdline()]


async def test_a_picture_is_made_elsewhere_and_the_process_kept_for_the_next() -> None:
    workshop = PictureWorkshop(benches=1)
    made = await workshop.make(BODY)
    assert (made.width, made.height, len(made.files)) == (400, 300, 4)
    assert [file.media_type for file in made.files] == ["image/webp", "image/jpeg"] * 2
    first = [bench.pid for bench in benches()]
    await workshop.make(BODY)
    assert [bench.pid for bench in benches()] == first
    assert len(first) == 1
    await workshop.close()
    assert benches() == []


async def test_no_more_work_at_once_than_there_are_benches_and_too_many_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUREHOLD_SECRET_KEY", "never to be seen")
    workshop = PictureWorkshop(benches=2)
    at_once = await asyncio.gather(*(workshop.make(BODY) for _ in range(WAITING_MAX + 5)), return_exceptions=True)
    assert sum(isinstance(outcome, UnavailableError) for outcome in at_once) == 5
    assert len(benches()) == 2
    for bench in benches():
        assert not [name for name in bench.environ() if name.startswith("SUREHOLD")]
    await workshop.close()


async def test_the_loop_goes_on_while_pictures_are_made() -> None:
    workshop = PictureWorkshop(benches=1)
    large = encoded(drawn(4000, 3000))
    making = asyncio.create_task(workshop.make(large))
    turns = 0
    while not making.done():
        await asyncio.sleep(0.005)
        turns += 1
    assert turns > 5
    await workshop.close()


async def test_what_takes_too_long_is_refused_and_its_process_gone() -> None:
    workshop = PictureWorkshop(benches=1, limit_s=0.001)
    with pytest.raises(PictureRefusedError, match=r"within 0.001 seconds"):
        await workshop.make(BODY)
    assert benches() == []
    await workshop.close()


async def test_a_killed_process_is_replaced_without_anybody_noticing() -> None:
    workshop = PictureWorkshop(benches=2)
    await asyncio.gather(workshop.make(BODY), workshop.make(BODY))
    assert len(benches()) == 2
    for bench in benches():
        bench.kill()
    assert (await workshop.make(BODY)).width == 400
    await workshop.close()


async def test_a_refusal_is_passed_on_and_the_next_picture_is_made() -> None:
    workshop = PictureWorkshop(benches=1)
    with pytest.raises(PictureRefusedError, match="kind"):
        await workshop.make(b"MZ")
    assert (await workshop.make(BODY)).width == 400
    await workshop.close()


async def test_who_gives_up_waiting_leaves_no_process_at_work() -> None:
    workshop = PictureWorkshop(benches=1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(workshop.make(encoded(drawn(6000, 5000))), 0.15)
    assert benches() == []
    assert (await workshop.make(BODY)).width == 400
    await workshop.close()


async def test_the_process_ends_with_the_shop_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(BODY)
    script = textwrap.dedent(
        f"""
        import asyncio, os
        from pathlib import Path
        from surehold.adapters.images.workshop import PictureWorkshop
        async def main():
            workshop = PictureWorkshop(benches=1)
            await workshop.make(Path({str(tmp_path / "body")!r}).read_bytes())
            print(workshop._idle[0].pid, flush=True)
            os.kill(os.getpid(), 9)
        asyncio.run(main())
        """
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    pid = int(await process.stdout.readline())
    await process.wait()
    try:
        await asyncio.to_thread(psutil.Process(pid).wait, 10)
    except psutil.NoSuchProcess:
        return


def test_the_shop_itself_imports_no_decoder() -> None:
    import subprocess

    code = "import sys, surehold.app.container; sys.exit(any(m in sys.modules for m in ('PIL', 'obstore')))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
