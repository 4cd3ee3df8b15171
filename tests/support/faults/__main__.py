"""Every fault on its own port: ``python -m faults`` prints one JSON object, fault to address, and serves."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

from support.faults.server import BEFORE_REQUEST, FAULTS, serve


async def main() -> None:
    """Serve until killed."""
    async with AsyncExitStack() as stack:
        urls = {}
        for fault in FAULTS:
            scheme = "https" if fault in BEFORE_REQUEST else "http"
            urls[fault] = (await stack.enter_async_context(serve(fault, scheme=scheme))).url
        print(json.dumps(urls), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
