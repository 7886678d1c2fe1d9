"""Constant load, until the file STOP is there; then tells what it met.

    load.py URL STOP THREADS

Every request has a connection of its own: one that a web server keeps alive
may be closed by it at any time, and a client then has to ask again.
"""

import os
import sys
import threading
import time
import urllib.error
import urllib.request

PAUSE = 0.005


def ask(url, stop, lock, outcomes):
    while not os.path.exists(stop):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                answer.read()
                outcome = str(answer.status)
        except urllib.error.HTTPError as error:
            outcome = str(error.code)
        except Exception as error:
            outcome = repr(error)
        with lock:
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        time.sleep(PAUSE)


def main():
    url, stop, count = sys.argv[1:]
    lock, outcomes = threading.Lock(), {}
    threads = [threading.Thread(target=ask, args=(url, stop, lock, outcomes))
               for _ in range(int(count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for outcome, times in sorted(outcomes.items()):
        print(f"{times} {outcome}")


if __name__ == "__main__":
    main()
