#!/usr/bin/env python3
"""Pulls streams with longhaul on Spark: spark-submit pull.py STREAM...

Run it in a folder that all machines share, with the configuration, `state_dir` and the files of the sinks in it.
`longhaul` must be on the PATH of every machine, and so must be the variables of the environment that its configuration
names. A plan.ndjson in the folder is finished; delete it to start a new pull.

PULL_WORKERS is the number of tasks that run at once, which share the rate limits (default: the cores of the cluster).
"""

import json
import os
import subprocess
import sys

from pyspark.sql import SparkSession

PLAN = "plan.ndjson"


def puller(folder, workers):
    """A function that pulls one partition of the plan."""

    def pull(partition):
        command = ["longhaul", "run", "--plan", PLAN, "--partition", partition, "--workers", str(workers)]
        subprocess.run(command, cwd=folder, check=True)

    return pull


def read(spark, paths):
    """The records of these files."""
    if paths[0].endswith(".parquet"):
        return spark.read.parquet(*paths)
    if ".csv" in os.path.basename(paths[0]):
        return spark.read.csv(paths, header=True)
    return spark.read.json(paths)


if not os.path.exists(PLAN):
    subprocess.run(["longhaul", "plan", *sys.argv[1:], "--out", PLAN], check=True)
with open(PLAN) as plan:
    partitions = [json.loads(line)["id"] for line in list(plan)[1:]]

# A task that takes much longer than the others gets a second attempt: both may run, and one counts.
settings = {"spark.speculation": "true", "spark.task.maxFailures": "8", "spark.ui.showConsoleProgress": "false"}
builder = SparkSession.builder.appName("longhaul")
for name, value in settings.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
context = spark.sparkContext
workers = int(os.environ.get("PULL_WORKERS") or context.defaultParallelism)
if partitions:
    context.parallelize(partitions, len(partitions)).foreach(puller(os.getcwd(), workers))

files = subprocess.run(["longhaul", "verify", PLAN, "--files"], stdout=subprocess.PIPE, text=True)
if files.returncode:
    sys.exit(files.returncode)

# The verified records. What follows is yours, such as: records.write.saveAsTable("conversations")
# If the plan has warned about `unique`, begin with: records = records.dropDuplicates(["conversationId"])
records = read(spark, files.stdout.splitlines())
print(records.count(), "records")
