"""Requests to the service: a fixed mixture, several at once, with something to do on the way."""
import asyncio
import random

import httpx

PATHS = [  # method, path, how often
    ("GET", "/health", 10), ("GET", "/orders/{n}", 50), ("POST", "/orders", 25),
    ("GET", "/report", 3), ("GET", "/broken", 2), ("GET", "/nowhere", 2),
]
AT_ONCE = 16


def requests(count: int, seed: int) -> list[tuple[str, str]]:
    """(method, path) of each; numbers up to 11, of which the service knows ten."""
    choose = random.Random(seed)
    weights = [weight for _, _, weight in PATHS]
    return [(method, path.format(n=choose.randrange(12)))
            for method, path, _ in choose.choices(PATHS, weights, k=count)]


async def send(url: str, count: int, on_the_way: dict) -> None:
    """Sends count requests; calls on_the_way[n]() in a thread once n of them are answered."""
    todo = iter(enumerate(requests(count, seed=1)))
    answered = 0

    async def worker(client: httpx.AsyncClient) -> None:
        nonlocal answered
        for number, (method, path) in todo:
            headers = {"x-request-id": f"r-{number:06d}"}
            if path == "/broken":  # after it uvicorn ends the connection, perhaps under the next
                headers["connection"] = "close"
            await client.request(method, path, params={"r": number}, headers=headers,
                                 content=b"{}" if method == "POST" else None)
            answered += 1
            if answered in on_the_way:
                await asyncio.to_thread(on_the_way[answered])

    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        await asyncio.gather(*(worker(client) for _ in range(AT_ONCE)))
    assert answered == count
