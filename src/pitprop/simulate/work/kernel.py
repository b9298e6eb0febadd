"""The compiled next-event engine: many replications of one network.

`loop.py` says the same in plain Python, service by service, and both give the same numbers to the last bit. One
replication is one call of `_replication`; replications share nothing, so that they can be run in any order on any
number of threads.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pitprop.simulate.work.streams import advanced, first_state, unit, variate

BLOCKED, STARVED, NO_TOOL, NO_ROOM, SWITCHING, REPAIR, AWAY = range(7)
"""As `totals.Waits`; constants here so that they are compiled in."""
WAITS = 7
AT_HORIZON, DRY, DEADLOCK, ENDLESS, CROWDED = range(5)
"""As `totals.Ending`; crowded: more units in a buffer than there are `places` for, to be run again with more."""
FREE, WORKING, HOLDING, CARRYING, ABSENT = range(5)
"""What a slot is doing."""
EMPIRICAL = 5
"""As `streams.Kind`."""
MANY = 1_000_000
"""More events than this at one moment never end."""

_0, _1, _255, _8 = np.uint64(0), np.uint64(1), np.uint64(255), np.uint64(8)


class Sums(NamedTuple):
    """Where replications write what they came to; the fields are those of `Totals`, first axis replications."""

    output: NDArray[np.int64]
    binned: NDArray[np.int64]
    done: NDArray[np.int64]
    lost: NDArray[np.int64]
    times: NDArray[np.float64]
    area: NDArray[np.float64]
    start: NDArray[np.int64]
    put: NDArray[np.int64]
    taken: NDArray[np.int64]
    end: NDArray[np.int64]
    peak: NDArray[np.int64]
    in_use: NDArray[np.float64]
    age: NDArray[np.float64]
    ending: NDArray[np.int8]
    ended: NDArray[np.float64]


def sums(replications: int, tasks: int, slots: int, buffers: int, tools: int, bins: int) -> Sums:
    """Empty sums."""
    whole = {
        name: np.zeros(shape, np.int64)
        for name, shape in (
            ("output", replications),
            ("binned", (replications, bins)),
            ("done", (replications, tasks)),
            ("lost", (replications, tasks)),
            ("start", (replications, buffers)),
            ("put", (replications, buffers)),
            ("taken", (replications, buffers)),
            ("end", (replications, buffers)),
            ("peak", (replications, buffers)),
        )
    }
    return Sums(
        **whole,
        times=np.zeros((replications, slots, tasks + WAITS)),
        area=np.zeros((replications, buffers)),
        in_use=np.zeros((replications, max(1, tools))),
        age=np.zeros(replications),
        ending=np.zeros(replications, np.int8),
        ended=np.zeros(replications),
    )


@njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
def _lowest(x: Any) -> Any:
    """Place of the lowest bit that is set."""
    n = 0
    while x & _255 == _0:
        x >>= _8
        n += 8
    while x & _1 == _0:
        x >>= _1
        n += 1
    return n


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _push(when: Any, who: Any, size: Any, t: Any, s: Any) -> Any:
    """Add (t, s) to the heap of the next events; equal times in order of slot."""
    p = size
    while p > 0:
        q = (p - 1) >> 1
        if when[q] < t or (when[q] == t and who[q] < s):
            break
        when[p] = when[q]
        who[p] = who[q]
        p = q
    when[p] = t
    who[p] = s
    return size + 1


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def replications(
    net: Any,
    seed: Any,
    first: Any,
    horizon: Any,
    warm_up: Any,
    shared: Any,
    use_shared: Any,
    places: Any,
    sums: Any,
    low: Any,
    high: Any,
) -> None:
    """Run replications low to high - 1 of the sums; number i draws the streams of replication first + i.

    Parameters
    ----------
    net
        `network.Arrays`.
    shared
        (A, n) times drawn beforehand, used instead of the streams where `use_shared`.
    """
    aged = net.aged
    arrives = net.arrives
    away_at = net.away_at
    away_fixed = net.away_fixed
    away_for = net.away_for
    away_from = net.away_from
    before = net.before
    place = net.bit
    had = net.experience
    fails = net.fails
    fatigue = net.fatigue
    floor = net.floor
    follows = net.follows
    in_at = net.in_at
    in_buffer = net.in_buffer
    in_count = net.in_count
    kind = net.kind
    learning = net.learning
    life_kind = net.life_kind
    life_mean = net.life_mean
    life_one = net.life_one
    life_two = net.life_two
    life_values = net.life_values
    life_values_at = net.life_values_at
    limit = net.limit
    loses = net.loses
    mean = net.mean
    one = net.one
    goes_to = net.onward
    ordered = net.ordered
    out_at = net.out_at
    out_buffer = net.out_buffer
    out_count = net.out_count
    sink = net.output
    preferred = net.preferred
    rank = net.rank
    repair_kind = net.repair_kind
    repair_mean = net.repair_mean
    repair_one = net.repair_one
    repair_two = net.repair_two
    repair_values = net.repair_values
    repair_values_at = net.repair_values_at
    setup = net.setup
    speed = net.speed
    at_start = net.start
    stream = net.stream
    task_of_bit = net.task_of_bit
    tight = net.tight
    tool = net.tool
    tool_at = net.tool_at
    tool_count = net.tool_count
    tool_stream = net.tool_stream
    tools = net.tools
    two = net.two
    values = net.values
    values_at = net.values_at
    way_at = net.way_at
    way_stream = net.way_stream
    way_up_to = net.way_up_to
    A = mean.shape[0]
    S = speed.shape[0]
    B = limit.shape[0]
    U = tools.shape[0]
    N = sums.binned.shape[1]
    span = horizon - warm_up

    # what the network has, so that nothing is paid for what it has not
    has_ways = way_at[A] > A
    has_tools = tool.shape[0] > 0
    has_fails = fails.any()
    has_setup = setup.max() > 0
    has_learning = learning.min() < 0
    has_fatigue = S > 0 and fatigue.max() > 0
    has_away = away_at[S] > 0
    has_follow = S > 0 and follows.any()
    has_loss = loses.any()
    has_tight = tight.any()
    widest = 1
    for a in range(A):
        widest = max(widest, tool_at[a + 1] - tool_at[a])
    most_tools = 1
    for u in range(U):
        most_tools = max(most_tools, tools[u])

    # which tasks may be startable when something changes
    takers = np.zeros(B, np.uint64)
    makers = np.zeros(B, np.uint64)
    users = np.zeros(U, np.uint64)
    able = np.zeros(A, np.uint64)
    doable = np.zeros(S, np.uint64)
    for a in range(A):
        bit = _1 << np.uint64(place[a])
        for e in range(in_at[a], in_at[a + 1]):
            takers[in_buffer[e]] |= bit
        for e in range(out_at[way_at[a]], out_at[way_at[a + 1]]):
            makers[out_buffer[e]] |= bit
        for e in range(tool_at[a], tool_at[a + 1]):
            users[tool[e]] |= bit
        for s in range(S):
            if speed[s, a] > 0.0:
                able[a] |= _1 << np.uint64(s)
                doable[s] |= bit

    state = np.empty(A, np.uint64)
    way_state = np.empty(A, np.uint64)
    tool_state = np.empty(U, np.uint64)
    drawn = np.empty(A, np.int64)
    level = np.empty(B, np.int64)
    reserved = np.empty(B, np.int64)
    changed = np.empty(B)
    left = np.empty(U, np.int64)
    left_changed = np.empty(U)
    life = np.empty((U, most_tools))
    tool_free = np.empty(U, np.uint64)
    held = np.zeros((S, widest), np.uint64)
    doing = np.empty(S, np.int64)
    task = np.empty(S, np.int64)
    way = np.empty(S, np.int64)
    column = np.empty(S, np.int64)
    since = np.empty(S)
    switching = np.empty(S)
    repairing = np.empty(S)
    until = np.empty(S)
    birth = np.empty(S)
    previous = np.empty(S, np.int64)
    experience = np.empty((S, A))
    rested = np.empty(S)
    window = np.empty(S, np.int64)
    idle = np.empty(S)
    lacks = np.empty(A, np.int64)
    when = np.empty(S + 1)
    who = np.empty(S + 1, np.int64)
    holding = np.empty(S, np.int64)
    carrying = np.empty(S, np.int64)
    donors = np.empty(17, np.int64)
    ring = np.zeros((B, places))
    head = np.empty(B, np.int64)
    length = np.empty(B, np.int64)

    for r in range(low, high):
        count = 0
        age = 0.0
        binned = sums.binned[r]
        done = sums.done[r]
        lost = sums.lost[r]
        times = sums.times[r]
        area = sums.area[r]
        put = sums.put[r]
        taken = sums.taken[r]
        peak = sums.peak[r]
        begun = sums.start[r]
        in_use = sums.in_use[r]

        number = np.uint64(first + r)
        for a in range(A):
            state[a] = first_state(seed, number, stream[a])
            way_state[a] = first_state(seed, number, way_stream[a])
            drawn[a] = 0
            lacks[a] = STARVED
        for u in range(U):
            left[u] = tools[u]
            left_changed[u] = 0.0
            if has_fails and fails[u]:
                tool_state[u] = first_state(seed, number, tool_stream[u])
                tool_free[u] = ~_0 >> np.uint64(64 - tools[u])
                for k in range(tools[u]):
                    y, tool_state[u] = variate(life_kind[u], life_one[u], life_two[u], tool_state[u])
                    if life_kind[u] == EMPIRICAL:
                        y = life_values[life_values_at[u] + int(y)]
                    life[u, k] = life_mean[u] * y
        for b in range(B):
            level[b] = at_start[b]
            peak[b] = level[b]
            begun[b] = level[b]
            reserved[b] = 0
            changed[b] = 0.0
            head[b] = 0
            length[b] = 0
            if aged[b]:
                for k in range(level[b]):
                    ring[b, k] = 0.0
                length[b] = level[b]
        for s in range(S):
            doing[s] = FREE
            column[s] = A + STARVED
            since[s] = 0.0
            previous[s] = -1
            rested[s] = 0.0
            idle[s] = 0.0
            window[s] = away_at[s]
            for a in range(A):
                experience[s, a] = had[s, a]
        free = _0
        if S > 0:
            free = ~_0 >> np.uint64(64 - S)
        candidates = ~_0 >> np.uint64(64 - A)
        heap = 0
        holders = 0
        carriers = 0
        t = 0.0
        at_once = 0
        counting = warm_up <= 0.0
        ending = AT_HORIZON
        try_putting = False
        just_freed = has_away

        while True:
            while True:
                # 1. put down what is held, where there is room now
                if try_putting:
                    try_putting = False
                    i = 0
                    while i < holders:
                        s = holding[i]
                        a = task[s]
                        w = way[s]
                        onward = goes_to[s, w] if has_follow else -1
                        low_e = out_at[w]
                        if onward >= 0:
                            low_e += 1
                        room = True
                        if not before[a]:
                            for e in range(low_e, out_at[w + 1]):
                                b = out_buffer[e]
                                if level[b] + reserved[b] + out_count[e] > limit[b]:
                                    room = False
                                    break
                        if not room:
                            if has_tight:
                                for e in range(low_e, out_at[w + 1]):
                                    if tight[out_buffer[e]]:
                                        candidates |= takers[out_buffer[e]]
                            i += 1
                            continue
                        if onward >= 0 and before[a]:
                            reserved[out_buffer[low_e - 1]] -= out_count[low_e - 1]
                        for e in range(low_e, out_at[w + 1]):
                            b = out_buffer[e]
                            q = out_count[e]
                            area[b] += level[b] * (t - changed[b])
                            changed[b] = t
                            level[b] += q
                            put[b] += q
                            candidates |= takers[b]
                            if level[b] > peak[b]:
                                peak[b] = level[b]
                            if before[a]:
                                reserved[b] -= q
                            if b == sink:
                                count += q
                                age += q * (t - birth[s])
                                if counting:
                                    n = int((t - warm_up) / span * N)
                                    binned[min(n, N - 1)] += q
                            if aged[b]:
                                if length[b] + q > places:
                                    ending = CROWDED
                                    q = 0
                                for _ in range(q):
                                    k = head[b] + length[b]
                                    if k >= places:
                                        k -= places
                                    ring[b, k] = birth[s]
                                    length[b] += 1
                        if has_tools:
                            for e in range(tool_at[a], tool_at[a + 1]):
                                u = tool[e]
                                in_use[u] += (tools[u] - left[u]) * (t - left_changed[u])
                                left_changed[u] = t
                                left[u] += tool_count[e]
                                candidates |= users[u]
                                if has_fails and fails[u]:
                                    tool_free[u] |= held[s, e - tool_at[a]]
                        done[a] += 1
                        times[s, column[s]] += t - since[s]
                        since[s] = t
                        holders -= 1
                        for j in range(i, holders):
                            holding[j] = holding[j + 1]
                        if onward >= 0:
                            doing[s] = CARRYING
                            task[s] = onward
                            column[s] = A + STARVED
                            carrying[carriers] = s
                            carriers += 1
                        else:
                            doing[s] = FREE
                            idle[s] = t
                            column[s] = A + STARVED
                            free |= _1 << np.uint64(s)
                            candidates |= doable[s]
                            just_freed = has_away
                        try_putting = try_putting or has_tight

                # 2. who is due to be away goes
                if just_freed:
                    just_freed = False
                    m = free
                    while m != _0:
                        s = _lowest(m)
                        m &= m - _1
                        while window[s] < away_at[s + 1] and away_from[window[s]] <= t:
                            k = window[s]
                            window[s] += 1
                            goes = max(away_from[k], idle[s])
                            back = away_from[k] + away_for[k] if away_fixed[k] else goes + away_for[k]
                            if back <= goes:
                                continue
                            rested[s] = back
                            idle[s] = back
                            if goes > since[s]:
                                times[s, column[s]] += goes - since[s]
                                since[s] = goes
                            if back <= t:
                                if back > since[s]:
                                    times[s, A + AWAY] += back - since[s]
                                    since[s] = back
                                continue
                            column[s] = A + AWAY
                            doing[s] = ABSENT
                            free &= ~(_1 << np.uint64(s))
                            heap = _push(when, who, heap, back, s)
                            break

                # 3. who carries a unit goes on with it, else startable tasks are given out
                s = -1
                a = -1
                from_hand = False
                if carriers > 0:
                    i = 0
                    while i < carriers:
                        c = carrying[i]
                        a = task[c]
                        lacking = -1
                        for e in range(in_at[a], in_at[a + 1]):
                            b = in_buffer[e]
                            if b != out_buffer[out_at[way[c]]] and level[b] < in_count[e]:
                                lacking = STARVED
                                break
                        if lacking < 0:
                            for e in range(tool_at[a], tool_at[a + 1]):
                                if left[tool[e]] < tool_count[e]:
                                    lacking = NO_TOOL
                                    break
                        if lacking < 0 and before[a]:
                            for e in range(out_at[way_at[a]], out_at[way_at[a + 1]]):
                                b = out_buffer[e]
                                if level[b] + reserved[b] + out_count[e] > limit[b]:
                                    lacking = NO_ROOM
                        if lacking < 0:
                            s = c
                            from_hand = True
                            carriers -= 1
                            for j in range(i, carriers):
                                carrying[j] = carrying[j + 1]
                            break
                        if column[c] != A + lacking:
                            times[c, column[c]] += t - since[c]
                            since[c] = t
                            column[c] = A + lacking
                        i += 1
                given = 0
                if s < 0:
                    best_rank = 1 << 40
                    looked = candidates
                    while looked != _0:
                        bit = _lowest(looked)
                        looked &= looked - _1
                        a = task_of_bit[bit]
                        if free & able[a] == _0:
                            candidates &= ~(_1 << np.uint64(bit))
                            continue
                        lacking = -1
                        for e in range(in_at[a], in_at[a + 1]):
                            b = in_buffer[e]
                            if level[b] < in_count[e]:
                                lacking = STARVED
                                if has_tight and tight[b]:
                                    for i in range(holders):
                                        c = holding[i]
                                        reaches = False
                                        fits = not (before[task[c]] or (has_follow and goes_to[c, way[c]] >= 0))
                                        for f in range(out_at[way[c]], out_at[way[c] + 1]):
                                            d = out_buffer[f]
                                            over = level[d] + reserved[d] + out_count[f]
                                            if d == b:
                                                reaches = level[b] + out_count[f] >= in_count[e]
                                                over -= in_count[e]
                                            if over > limit[d]:
                                                fits = False
                                        if reaches and fits:
                                            lacking = -1
                                            break
                                if lacking >= 0:
                                    break
                        if lacking < 0 and has_tools:
                            for e in range(tool_at[a], tool_at[a + 1]):
                                if left[tool[e]] < tool_count[e]:
                                    lacking = NO_TOOL
                                    break
                        if lacking < 0 and before[a]:
                            for e in range(out_at[way_at[a]], out_at[way_at[a + 1]]):
                                b = out_buffer[e]
                                if level[b] + reserved[b] + out_count[e] > limit[b]:
                                    lacking = NO_ROOM
                        if lacking >= 0:
                            lacks[a] = lacking
                            candidates &= ~(_1 << np.uint64(bit))
                            continue
                        k = 0
                        while free >> np.uint64(preferred[a, k]) & _1 == _0:
                            k += 1
                        c = preferred[a, k]
                        if ordered:
                            s = c
                            given = a
                            break
                        if rank[c, a] < best_rank:
                            best_rank = rank[c, a]
                            s = c
                            given = a
                    a = given
                if s < 0:
                    if has_loss:
                        i = 0
                        dropped = False
                        while i < holders:
                            c = holding[i]
                            if loses[task[c]]:
                                # nothing is put down: the units leave
                                for e in range(out_at[way[c]], out_at[way[c] + 1]):
                                    lost[task[c]] += out_count[e]
                                done[task[c]] += 1
                                for e in range(tool_at[task[c]], tool_at[task[c] + 1]):
                                    u = tool[e]
                                    in_use[u] += (tools[u] - left[u]) * (t - left_changed[u])
                                    left_changed[u] = t
                                    left[u] += tool_count[e]
                                    candidates |= users[u]
                                    if has_fails and fails[u]:
                                        tool_free[u] |= held[c, e - tool_at[task[c]]]
                                times[c, column[c]] += t - since[c]
                                since[c] = t
                                doing[c] = FREE
                                idle[c] = t
                                column[c] = A + STARVED
                                free |= _1 << np.uint64(c)
                                candidates |= doable[c]
                                just_freed = has_away
                                holders -= 1
                                for j in range(i, holders):
                                    holding[j] = holding[j + 1]
                                dropped = True
                            else:
                                i += 1
                        if dropped:
                            continue
                    break

                # 4. start task a on slot s
                if has_tight and not from_hand:
                    n_donors = 0
                    for e in range(in_at[a], in_at[a + 1]):
                        b = in_buffer[e]
                        if level[b] < in_count[e]:
                            for i in range(holders):
                                c = holding[i]
                                reaches = False
                                fits = not (before[task[c]] or (has_follow and goes_to[c, way[c]] >= 0))
                                for f in range(out_at[way[c]], out_at[way[c] + 1]):
                                    d = out_buffer[f]
                                    over = level[d] + reserved[d] + out_count[f]
                                    if d == b:
                                        reaches = level[b] + out_count[f] >= in_count[e]
                                        over -= in_count[e]
                                    if over > limit[d]:
                                        fits = False
                                if reaches and fits:
                                    donors[n_donors] = c
                                    n_donors += 1
                                    break
                    for k in range(n_donors):
                        c = donors[k]
                        d_task = task[c]
                        for f in range(out_at[way[c]], out_at[way[c] + 1]):
                            b = out_buffer[f]
                            q = out_count[f]
                            area[b] += level[b] * (t - changed[b])
                            changed[b] = t
                            level[b] += q
                            put[b] += q
                            candidates |= takers[b]
                            if not tight[b] and level[b] > peak[b]:
                                peak[b] = level[b]
                            if b == sink:
                                count += q
                                age += q * (t - birth[c])
                                if counting:
                                    n = int((t - warm_up) / span * N)
                                    binned[min(n, N - 1)] += q
                            if aged[b]:
                                if length[b] + q > places:
                                    ending = CROWDED
                                    q = 0
                                for _ in range(q):
                                    j = head[b] + length[b]
                                    if j >= places:
                                        j -= places
                                    ring[b, j] = birth[c]
                                    length[b] += 1
                        for e in range(tool_at[d_task], tool_at[d_task + 1]):
                            u = tool[e]
                            in_use[u] += (tools[u] - left[u]) * (t - left_changed[u])
                            left_changed[u] = t
                            left[u] += tool_count[e]
                            candidates |= users[u]
                            if has_fails and fails[u]:
                                tool_free[u] |= held[c, e - tool_at[d_task]]
                        done[d_task] += 1
                        times[c, column[c]] += t - since[c]
                        since[c] = t
                        i = 0
                        while holding[i] != c:
                            i += 1
                        holders -= 1
                        for j in range(i, holders):
                            holding[j] = holding[j + 1]
                        doing[c] = FREE
                        idle[c] = t
                        column[c] = A + STARVED
                        free |= _1 << np.uint64(c)
                        candidates |= doable[c]
                        just_freed = has_away
                born = t
                for e in range(in_at[a], in_at[a + 1]):
                    b = in_buffer[e]
                    q = in_count[e]
                    if from_hand and b == out_buffer[out_at[way[s]]]:
                        put[b] += 1
                        taken[b] += 1
                        if e == in_at[a]:
                            born = birth[s]
                        continue
                    area[b] += level[b] * (t - changed[b])
                    changed[b] = t
                    level[b] -= q
                    taken[b] += q
                    if makers[b] != _0:
                        candidates |= makers[b]
                        try_putting = try_putting or holders > 0
                    if aged[b]:
                        if e == in_at[a]:
                            born = ring[b, head[b]]
                        head[b] += q
                        if head[b] >= places:
                            head[b] -= places
                        length[b] -= q
                birth[s] = born
                n = drawn[a]
                drawn[a] = n + 1
                x = 1.0
                if use_shared:
                    x = shared[a, n]
                else:
                    x, state[a] = variate(kind[a], one[a], two[a], state[a])
                    if kind[a] == EMPIRICAL:
                        x = values[values_at[a] + int(x)]
                    x *= mean[a]
                x /= speed[s, a]
                w = way_at[a]
                if has_ways and way_at[a + 1] - w > 1:
                    way_state[a] = advanced(way_state[a])
                    chance = unit(way_state[a])
                    while way_up_to[w] < chance:
                        w += 1
                way[s] = w
                if before[a]:
                    for e in range(out_at[w], out_at[w + 1]):
                        reserved[out_buffer[e]] += out_count[e]
                if has_learning:
                    if learning[a] < 0.0:
                        x *= max(floor[a], (1.0 + experience[s, a]) ** learning[a])
                    experience[s, a] += 1.0
                if has_fatigue and fatigue[s] > 0.0:
                    x *= 1.0 + fatigue[s] * (t - rested[s])
                change = 0.0
                if has_setup:
                    if previous[s] >= 0 and previous[s] != a:
                        change = setup[a]
                    previous[s] = a
                repair = 0.0
                if has_tools:
                    for e in range(tool_at[a], tool_at[a + 1]):
                        u = tool[e]
                        in_use[u] += (tools[u] - left[u]) * (t - left_changed[u])
                        left_changed[u] = t
                        left[u] -= tool_count[e]
                        if has_fails and fails[u]:
                            held[s, e - tool_at[a]] = _0
                            for _ in range(tool_count[e]):
                                k = _lowest(tool_free[u])
                                tool_free[u] &= tool_free[u] - _1
                                held[s, e - tool_at[a]] |= _1 << np.uint64(k)
                                life[u, k] -= x
                                while life[u, k] < 0.0:
                                    y, tool_state[u] = variate(
                                        repair_kind[u], repair_one[u], repair_two[u], tool_state[u]
                                    )
                                    if repair_kind[u] == EMPIRICAL:
                                        y = repair_values[repair_values_at[u] + int(y)]
                                    repair += repair_mean[u] * y
                                    y, tool_state[u] = variate(life_kind[u], life_one[u], life_two[u], tool_state[u])
                                    if life_kind[u] == EMPIRICAL:
                                        y = life_values[life_values_at[u] + int(y)]
                                    life[u, k] += life_mean[u] * y
                times[s, column[s]] += t - since[s]
                since[s] = t
                column[s] = a
                doing[s] = WORKING
                task[s] = a
                switching[s] = change
                repairing[s] = repair
                until[s] = t + (change + x + repair)
                free &= ~(_1 << np.uint64(s))
                x = until[s]
                p = heap
                heap += 1
                while p > 0:
                    q = (p - 1) >> 1
                    if when[q] < x or (when[q] == x and who[q] < s):
                        break
                    when[p] = when[q]
                    who[p] = who[q]
                    p = q
                when[p] = x
                who[p] = s

            # 5. why those who are free are free
            m = free
            while m != _0:
                s = _lowest(m)
                m &= m - _1
                reason = -1
                looked = doable[s]
                while looked != _0:
                    a = task_of_bit[_lowest(looked)]
                    looked &= looked - _1
                    reason = max(reason, lacks[a])
                if column[s] != A + reason:
                    times[s, column[s]] += t - since[s]
                    since[s] = t
                    column[s] = A + reason

            # 6. the next event
            if ending == CROWDED:
                break
            if heap == 0:
                ending = DEADLOCK if holders > 0 or carriers > 0 else DRY
                break
            if when[0] > horizon:
                break
            if when[0] > t:
                at_once = 0
            at_once += 1
            if at_once > MANY:
                ending = ENDLESS
                break
            if not counting and when[0] > warm_up:
                counting = True
                count = 0
                age = 0.0
                done[:] = 0
                lost[:] = 0
                put[:] = 0
                taken[:] = 0
                area[:] = 0.0
                in_use[:] = 0.0
                times[:] = 0.0
                for b in range(B):
                    changed[b] = warm_up
                    peak[b] = level[b]
                    begun[b] = level[b]
                for u in range(U):
                    left_changed[u] = warm_up
                for s in range(S):
                    if doing[s] == WORKING:
                        e1 = min(warm_up - since[s], switching[s])
                        pure = max(0.0, until[s] - since[s] - switching[s] - repairing[s])
                        e2 = min(warm_up - since[s] - e1, pure)
                        repairing[s] -= warm_up - since[s] - e1 - e2
                        switching[s] -= e1
                    since[s] = max(since[s], warm_up)
            t = when[0]
            s = who[0]
            heap -= 1
            x = when[heap]
            c = who[heap]
            p = 0
            while True:
                q = 2 * p + 1
                if q >= heap:
                    break
                if q + 1 < heap and (when[q + 1] < when[q] or (when[q + 1] == when[q] and who[q + 1] < who[q])):
                    q += 1
                if when[q] > x or (when[q] == x and who[q] > c):
                    break
                when[p] = when[q]
                who[p] = who[q]
                p = q
            when[p] = x
            who[p] = c
            if doing[s] == ABSENT:
                times[s, A + AWAY] += t - since[s]
                since[s] = t
                doing[s] = FREE
                idle[s] = t
                column[s] = A + STARVED
                free |= _1 << np.uint64(s)
                candidates |= doable[s]
                just_freed = True
            else:
                a = task[s]
                times[s, a] += t - since[s] - switching[s] - repairing[s]
                times[s, A + SWITCHING] += switching[s]
                times[s, A + REPAIR] += repairing[s]
                since[s] = t
                column[s] = A + BLOCKED
                doing[s] = HOLDING
                holding[holders] = s
                holders += 1
                try_putting = True
                if arrives[a]:
                    birth[s] = t
                if has_away:
                    just_freed = True

        # 7. the end
        for s in range(S):
            if doing[s] == FREE:
                while window[s] < away_at[s + 1] and away_from[window[s]] < horizon:
                    k = window[s]
                    window[s] += 1
                    goes = max(away_from[k], idle[s])
                    back = away_from[k] + away_for[k] if away_fixed[k] else goes + away_for[k]
                    back = min(back, horizon)
                    if back <= goes:
                        continue
                    idle[s] = back
                    if goes > since[s]:
                        times[s, column[s]] += goes - since[s]
                        since[s] = goes
                    if back > since[s]:
                        times[s, A + AWAY] += back - since[s]
                        since[s] = back
            if doing[s] == WORKING:
                e1 = min(horizon - since[s], switching[s])
                pure = max(0.0, until[s] - since[s] - switching[s] - repairing[s])
                e2 = min(horizon - since[s] - e1, pure)
                times[s, task[s]] += e2
                times[s, A + SWITCHING] += e1
                times[s, A + REPAIR] += horizon - since[s] - e1 - e2
            else:
                times[s, column[s]] += horizon - since[s]
        for b in range(B):
            area[b] += level[b] * (horizon - changed[b])
            sums.end[r, b] = level[b]
        for u in range(U):
            in_use[u] += (tools[u] - left[u]) * (horizon - left_changed[u])
        sums.output[r] = count
        sums.age[r] = age
        sums.ending[r] = ending
        sums.ended[r] = t if ending != AT_HORIZON else horizon
