#!/usr/bin/env python3
"""How many machines and hours a large batch takes, from what a small one measured:

    pixmill run SAMPLE -o out --log=run.jsonl ... ; scripts/plan-scale.py run.jsonl --images=1e9 --nodes=64 --cores=16

The sample's images stand for all: their times of decoding, filtering and encoding, and their bytes. The batch is then simulated:
nodes take shards from a queue, die, and come back; a shard of a dead node is started again after the engine's delay, and its journal
has what was done. Prints for several numbers of shards the time from the first start to the last end, over the ideal (no death, no
waiting), and which is limiting, processors or network.
"""
import argparse, heapq, json, math, random, sys

STAGES = ("decode", "filter", "encode")


def read_log(paths):
    """(processor seconds, bytes in, bytes out) of each image that was made, and the number that failed."""
    images, failed = [], 0
    for path in paths:
        with open(path, encoding="utf-8") as log:
            for line in log:
                job = json.loads(line)
                failed += job["status"] == "failed"
                if job["status"] == "ok" and job["seconds"]:
                    images.append((sum(job["seconds"][s] for s in STAGES), job["bytes_in"], job["bytes_out"]))
    return images, failed


def shard_seconds(options, images, count, random_state):
    """The time of a shard of `count` images on a node: its processors' work or its part of the network, whichever is longer. The
    sum of many independent times is nearly normal; the means and the spread are the sample's."""
    n = len(images)
    mean = [sum(i[k] for i in images) / n for k in range(3)]
    spread = math.sqrt(sum((i[0] - mean[0]) ** 2 for i in images) / n)
    work = max(0, random_state.gauss(count * mean[0], math.sqrt(count) * spread)) / options.cores
    transfer = count * (mean[1] + mean[2]) * 8 / (min(options.node_gbit, options.storage_gbit / options.nodes) * 1e9)
    return max(work, transfer)


def simulate(options, images, shards, random_state):
    """Seconds from the first start to the last end. Events: (time, order, what, node, when its shard began, its seconds)."""
    per_shard = options.images / shards
    todo = [(0.0, shard_seconds(options, images, per_shard, random_state)) for _ in range(shards)]
    heapq.heapify(todo)  # by the time from which it may be started
    events, order = [], 0
    death = lambda now: now + random_state.expovariate(1 / (options.mtbf_hours * 3600))
    dies = [death(0) for _ in range(options.nodes)]
    for node in range(options.nodes):
        events.append((0.0, node, node))
    heapq.heapify(events)
    order, end, running = options.nodes, 0.0, 0
    while todo:
        now, _, node = heapq.heappop(events)  # the node is free, or has come back
        ready, seconds = heapq.heappop(todo)
        begin = max(now, ready)
        while dies[node] < begin:  # idle when it died; it came back meanwhile
            dies[node] = death(dies[node] + options.back_minutes * 60)
        finish = begin + options.start_seconds + seconds
        if dies[node] < finish:  # what the journal has is not done again
            done = max(0, dies[node] - begin - options.start_seconds)
            heapq.heappush(todo, (dies[node] + options.requeue_seconds, seconds - done))
            finish = dies[node] + options.back_minutes * 60
            dies[node] = death(finish)
        else:
            end = max(end, finish)
        order += 1
        heapq.heappush(events, (finish, order, node))
    return end


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", nargs="+", help="what --log of the sample's run has written")
    parser.add_argument("--images", type=float, default=1e9)
    parser.add_argument("--nodes", type=int, default=64)
    parser.add_argument("--cores", type=int, default=16, help="of a node")
    parser.add_argument("--node-gbit", type=float, default=10, help="of a node's network")
    parser.add_argument("--storage-gbit", type=float, default=100, help="of the storage, for all nodes together")
    parser.add_argument("--mtbf-hours", type=float, default=500, help="mean time to a node's death")
    parser.add_argument("--back-minutes", type=float, default=30, help="until a dead node is back")
    parser.add_argument("--requeue-seconds", type=float, default=120, help="until the engine starts a lost shard again (Slurm: 120)")
    parser.add_argument("--start-seconds", type=float, default=10, help="of a shard, before its first image")
    parser.add_argument("--shards-per-node", default="1,4,16,64,256", help="numbers to compare")
    parser.add_argument("--repeat", type=int, default=5, help="simulations of each; the mean is printed")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    options = parse()
    images, failed = read_log(options.log)
    if not images:
        sys.exit("plan-scale: no image was made in these logs")
    options.images = int(options.images)
    n = len(images)
    cpu, bytes_in, bytes_out = (sum(i[k] for i in images) / n for k in range(3))
    print(f"sample: {n} images, {failed} failed; each {cpu * 1e3:.1f} ms of a processor, {bytes_in / 1e3:.0f} kB in, "
          f"{bytes_out / 1e3:.0f} kB out")
    core_hours = options.images * cpu / 3600
    bits = options.images * (bytes_in + bytes_out) * 8
    by_cpu = core_hours / (options.nodes * options.cores)
    gbit = min(options.nodes * options.node_gbit, options.storage_gbit)
    by_network = bits / (gbit * 1e9) / 3600
    print(f"{options.images:.3g} images: {core_hours:.0f} core-hours, {bits / 8e12:.1f} TB, {2 * options.images:.3g} requests "
          f"(each image read and written) and {options.images / 1000:.3g} pages of 1000 names")
    print(f"{options.nodes} nodes of {options.cores} cores: {by_cpu:.2f} h by the processors, {by_network:.2f} h by the network "
          f"({gbit:.0f} Gbit/s); the {'network' if by_network > by_cpu else 'processors'} limit")
    print(f"the processors of {gbit * 1e9 / 8 / (bytes_in + bytes_out) * cpu:.0f} cores keep that network busy")
    ideal = max(by_cpu, by_network) * 3600
    for per_node in (int(x) for x in options.shards_per_node.split(",")):
        shards = per_node * options.nodes
        times = [simulate(options, images, shards, random.Random(options.seed + i)) for i in range(options.repeat)]
        mean = sum(times) / len(times)
        print(f"{per_node:4} shards a node, {options.images / shards:9.0f} images each: {mean / 3600:6.2f} h, {mean / ideal:.3f} of the ideal")


main()
