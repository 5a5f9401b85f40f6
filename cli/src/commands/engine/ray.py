#!/usr/bin/env python3
"""Pulls streams with longhaul on Ray: python pull.py STREAM...

Run it in a folder that all machines share, with the configuration, `state_dir` and the files of the sinks in it.
`longhaul` must be on the PATH of every machine, and so must be the variables of the environment that its configuration
names. A plan.ndjson in the folder is finished; delete it to start a new pull.

PULL_WORKERS is the number of workers (default: the CPUs of the cluster). A share that is not complete after
PULL_STRAGGLER seconds (default: 600) gets a second worker once another one has ended: both may run, and one counts.
"""

import os
import subprocess
import sys
import time

import ray

PLAN = "plan.ndjson"


class Unfinished(Exception):
    """The share can be continued."""


# A worker mostly waits for the API.
@ray.remote(num_cpus=0, scheduling_strategy="SPREAD", max_retries=5, retry_exceptions=[Unfinished])
def pull(part, workers, folder):
    """Pulls a share of the plan."""
    command = ["longhaul", "run", "--plan", PLAN, "--part", f"{part}/{workers}"]
    code = subprocess.run(command, cwd=folder).returncode
    # 75 means that the next attempt continues, and a negative code that longhaul was killed.
    if code == 75 or code < 0 or code > 128:
        raise Unfinished(f"part {part} ended with {code}")
    return code


def pull_all(workers, straggler):
    """Pulls every share. Returns the worst exit code."""
    folder = os.getcwd()
    parts = {pull.remote(part, workers, folder): part for part in range(workers)}
    started = {part: time.monotonic() for part in parts.values()}
    codes, doubled = {}, set()
    while len(codes) < workers:
        ended, _ = ray.wait(list(parts), timeout=1)
        for task in ended:
            part = parts.pop(task)
            try:
                codes[part] = min(codes.get(part, 255), ray.get(task))
            except Exception as error:
                print(error, file=sys.stderr)
                if part not in parts.values():
                    codes.setdefault(part, 75)
        late = [part for part in parts.values() if part not in doubled | codes.keys()]
        if codes and late and time.monotonic() - started[late[0]] > straggler:
            doubled.add(late[0])
            parts[pull.remote(late[0], workers, folder)] = late[0]
    for task in parts:
        ray.cancel(task, force=True)
    return max(codes.values())


def main():
    if not os.path.exists(PLAN):
        subprocess.run(["longhaul", "plan", *sys.argv[1:], "--out", PLAN], check=True)
    ray.init()
    workers = int(os.environ.get("PULL_WORKERS") or ray.cluster_resources()["CPU"])
    code = pull_all(workers, float(os.environ.get("PULL_STRAGGLER") or 600))
    ray.shutdown()
    verified = subprocess.run(["longhaul", "verify", PLAN]).returncode
    return verified and (code or verified)


if __name__ == "__main__":
    sys.exit(main())
