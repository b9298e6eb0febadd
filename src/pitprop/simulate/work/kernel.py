"""The compiled next-event engine: many replications of one network.

`loop.py` says the same in plain Python, and both give the same numbers to the last bit. Replications share nothing,
so that they can be run in any order on any number of threads.

The state of a replication stands in a few tables whose columns the constants name: a compiled function with a
hundred arrays takes three times as long to compile, and runs at half the speed.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from pitprop.simulate.work.pack import AT_WORK, KIT, STOCK, TALLY
from pitprop.simulate.work.streams import advanced, first_state, unit, variate

BLOCKED, STARVED, NO_TOOL, NO_ROOM, SWITCHING, REPAIR, AWAY = range(7)
"""As `totals.Waits`."""
WAITS = 7
AT_HORIZON, DRY, DEADLOCK, ENDLESS, CROWDED, SHORT = range(6)
"""As `totals.Ending`; crowded: more units in a buffer than there are `places` for, to be run again with more; short:
fewer times drawn beforehand than are needed."""
FREE, WORKING, HOLDING, CARRYING, ABSENT = range(5)
"""What a slot is doing."""
EMPIRICAL, EXPONENTIAL = 5, 1
"""As `streams.Kind`."""
MANY = 1_000_000
"""More events than this at one moment never end."""
WITH_ROOM, BY_HAND, LOST = range(3)
"""When there is room; straight into the hands of who takes it; not at all."""
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


def _lowest_bit(typing: Any, x: Any) -> Any:
    """Place of the lowest bit that is set in 64; one instruction of the processor."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], context.get_constant(types.boolean, True))

    return types.uint64(types.uint64), code


_lowest: Any = intrinsic(_lowest_bit)


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _leave_of_absence(t: Any, s: Any, tasks: Any, away: Any, end: Any, slot: Any, times: Any) -> Any:
    """Takes account of the absences of a free slot that have begun by t; when it is back, or -1 where it is here."""
    while slot[s].window < end and away[slot[s].window].begins <= t:
        k = slot[s].window
        slot[s].window += 1
        goes = max(away[k].begins, slot[s].idle)
        back = away[k].begins + away[k].lasts if away[k].fixed else goes + away[k].lasts
        if back <= goes:
            continue
        slot[s].rested = back
        slot[s].idle = back
        if goes > slot[s].since:
            times[s, slot[s].column] += goes - slot[s].since
            slot[s].since = goes
        if back > t:
            slot[s].column = tasks + AWAY
            slot[s].doing = ABSENT
            return back
        if back > slot[s].since:
            times[s, tasks + AWAY] += back - slot[s].since
            slot[s].since = back
    return -1.0


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _drawn(kind: Any, one: Any, two: Any, values: Any, at: Any, state: Any) -> Any:
    """(Variate of mean 1, state after it), of any family."""
    x, state = variate(kind, one, two, state)
    return (values[at + int(x)] if kind == EMPIRICAL else x), state


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _life(tool: Any, values: Any, state: Any) -> Any:
    """(How long a tool lasts, state of its stream after that)."""
    x, state = _drawn(tool.life_kind, tool.life_one, tool.life_two, values, tool.life_values_at, state)
    return tool.life_mean * x, state


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _repairs(x: Any, count: Any, tool: Any, kit: Any, life: Any, values: Any) -> Any:
    """(Time of repairs during x of work with so many of a tool, which of them as bits)."""
    repair = 0.0
    hand = _0
    state = kit.stream
    for _ in range(count):
        k = _lowest(kit.unheld)
        kit.unheld &= kit.unheld - _1
        hand |= _1 << np.uint64(k)
        life[k] -= x
        while life[k] < 0.0:
            y, state = _drawn(tool.repair_kind, tool.repair_one, tool.repair_two, values, tool.repair_values_at, state)
            repair += tool.repair_mean * y
            y, state = _life(tool, values, state)
            life[k] += y
    kit.stream = state
    return repair, hand


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _due(s: Any, x: Any, when: Any, who: Any) -> None:
    """Slot s is due at x (never: inf). A tournament without branches; of those due together the first slot wins.

    The slots' own times are the second half of `when`; of places 2i and 2i + 1 the winner stands at i, and the next of
    all at 1.
    """
    i = np.uint64((len(when) >> 1) + s)
    when[i] = x
    while i > _1:
        pair = i & ~_1
        first = pair + np.uint64(when[pair + _1] < when[pair])
        i >>= _1
        when[i] = when[first]
        who[i] = who[first]


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _hands_on(b: Any, count: Any, held: Any, slot: Any, task: Any, way: Any, flow: Any, stock: Any) -> Any:
    """The first of the slots `held` whose finished unit lets so many be taken from b at once; else -1."""
    for h in held:
        if task[slot[h].task].before or slot[h].onward >= 0:
            continue
        reaches = False
        fits = True
        for f in range(way[slot[h].way].out_at, way[slot[h].way].out_end):
            d = flow[f].which
            over = stock[d].level + stock[d].reserved + flow[f].count
            if d == b:
                reaches = stock[b].level + flow[f].count >= count
                over -= count
            if over > stock[d].limit:
                fits = False
        if reaches and fits:
            return np.int64(h)
    return np.int64(-1)


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _book(t: Any, s: Any, tasks: Any, slot: Any, times: Any) -> None:
    """Books the time since the last change, of work that is cut off at t too."""
    gone = t - slot[s].since
    if gone <= 0.0:
        return
    if slot[s].doing != WORKING:
        times[s, slot[s].column] += gone
    else:
        pure = max(0.0, slot[s].until - slot[s].since - slot[s].switches - slot[s].repairs)
        switched = min(gone, slot[s].switches)
        worked = min(gone - switched, pure)
        times[s, slot[s].task] += worked
        times[s, tasks + SWITCHING] += switched
        times[s, tasks + REPAIR] += gone - switched - worked
        slot[s].switches -= switched
        slot[s].repairs -= gone - switched - worked
    slot[s].since = t


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _count_from(t: Any, tasks: Any, tally: Any, stock: Any, kit: Any, slot: Any, times: Any, start: Any) -> None:
    """Forgets what was summed before t."""
    for a in range(len(tally)):
        tally[a].done = 0
        tally[a].gone = 0
    for b in range(len(stock)):
        stock[b].put = 0
        stock[b].taken = 0
        stock[b].peak = stock[b].level
        stock[b].area = 0.0
        stock[b].changed = t
        start[b] = stock[b].level
    for u in range(len(kit)):
        kit[u].area = 0.0
        kit[u].changed = t
    for s in range(len(slot)):
        _book(t, s, tasks, slot, times)
    times[:] = 0.0


@njit(nogil=True, cache=True, error_model="numpy")  # type: ignore[untyped-decorator, unused-ignore]
def replications(
    net: Any,
    rich: Any,
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
        `pack.Tables`.
    rich
        None where the network has nothing but tasks, buffers, tools and chance (see `pack.rich`): the compiler then
        leaves out all else.
    shared
        (A, n) times drawn beforehand, used instead of the streams where `use_shared`.
    places
        Units of known age for which a buffer has room.
    """
    (
        task, way, flow, need, of_slot, away, buffer, tool, values, task_of_bit, speed, rank, preferred, onward, had,
        sink, ordered,
    ) = net  # fmt: skip
    A = len(task)
    S = len(of_slot)
    B = len(buffer)
    U = len(tool)
    N = sums.binned.shape[1]
    span = horizon - warm_up

    # what the network has, so that nothing is paid for what it has not
    has_tools = len(need) > 0
    has_fails = has_setup = has_learning = has_fatigue = has_away = has_follow = has_loss = has_tight = False
    if rich is not None:
        for u in range(U):
            has_fails = has_fails or tool[u].fails
        for a in range(A):
            has_setup = has_setup or task[a].setup > 0.0
            has_learning = has_learning or task[a].learning < 0.0
            has_loss = has_loss or task[a].loses
        for s in range(S):
            has_fatigue = has_fatigue or of_slot[s].fatigue > 0.0
            has_away = has_away or of_slot[s].away_end > of_slot[s].away_at
            has_follow = has_follow or of_slot[s].follows
        for b in range(B):
            has_tight = has_tight or buffer[b].tight

    slot = np.zeros(S, AT_WORK)
    stock = np.zeros(B, STOCK)
    kit = np.zeros(U, KIT)
    tally = np.zeros(A, TALLY)
    held = np.zeros((S, 17), np.uint64)
    life = np.empty((U, 64))
    experience = np.empty((S, A))
    half = 1
    while half < S:
        half *= 2
    when = np.full(2 * half, np.inf)
    who = np.zeros(2 * half, np.uint32)
    for s in range(S):
        who[half + s] = s
    holding = np.empty(S + 1, np.uint32)
    carrying = np.empty(S + 1, np.uint32)
    ring = np.zeros((B, places))

    for r in range(low, high):
        times = sums.times[r]
        binned = sums.binned[r]
        number = np.uint64(first + r)
        for a in range(A):
            tally[a].times = first_state(seed, number, task[a].times)
            if task[a].kind == EXPONENTIAL:
                tally[a].times = advanced(tally[a].times)
                tally[a].ready = task[a].mean * -math.log(unit(tally[a].times))
            tally[a].ways = first_state(seed, number, task[a].ways)
            tally[a].drawn = 0
            tally[a].done = 0
            tally[a].gone = 0
        for u in range(U):
            kit[u].left = tool[u].owned
            kit[u].area = 0.0
            kit[u].changed = 0.0
            if tool[u].fails:
                kit[u].stream = first_state(seed, number, tool[u].stream)
                kit[u].unheld = ~_0 >> np.uint64(64 - tool[u].owned)
                for k in range(tool[u].owned):
                    life[u, k], kit[u].stream = _life(tool[u], values, kit[u].stream)
        ending = AT_HORIZON
        for b in range(B):
            level = buffer[b].start
            stock[b].level = level
            stock[b].reserved = 0
            stock[b].limit = buffer[b].limit
            stock[b].aged = buffer[b].aged
            stock[b].tight = buffer[b].tight
            stock[b].put = 0
            stock[b].taken = 0
            stock[b].peak = level
            stock[b].head = 0
            stock[b].length = 0
            stock[b].area = 0.0
            stock[b].changed = 0.0
            sums.start[r, b] = level
            if buffer[b].aged:
                if level > places:
                    ending = CROWDED
                else:
                    stock[b].length = level
                    ring[b, :level] = 0.0
        for s in range(S):
            slot[s].doing = FREE
            slot[s].column = A + STARVED
            slot[s].previous = -1
            slot[s].window = of_slot[s].away_at
            slot[s].onward = -1
            slot[s].since = 0.0
            slot[s].rested = 0.0
            slot[s].idle = 0.0
            for a in range(A):
                experience[s, a] = had[s, a]
        free = ~_0 >> np.uint64(64 - S) if S > 0 else _0
        no_tool = _0
        no_room = _0
        candidates = ~_0 >> np.uint64(64 - A)
        when[:] = np.inf
        last = np.uint32(0)
        holders = 0
        carriers = 0
        t = 0.0
        at_once = 0
        output = 0
        age = 0.0
        counting = warm_up <= 0.0
        putting = False
        absences = has_away
        chosen = -1
        by = -1

        while ending == AT_HORIZON:
            while True:
                # 1. what is held is put down, where there is room now
                while putting:
                    putting = False
                    i = 0
                    while i < holders:
                        s = holding[i]
                        a = slot[s].task
                        w = slot[s].way
                        leaves = slot[s].leaves
                        goes_on = slot[s].onward >= 0
                        start = way[w].out_at
                        end = way[w].out_end
                        if leaves == WITH_ROOM and not task[a].before:
                            fits = True
                            for e in range(start + goes_on, end):
                                b = flow[e].which
                                if stock[b].level + stock[b].reserved + flow[e].count > stock[b].limit:
                                    fits = False
                                    if has_tight and stock[b].tight:
                                        candidates |= buffer[b].takers
                            if not fits:
                                i += 1
                                continue
                        if leaves == LOST:
                            for e in range(start, end):
                                tally[a].gone += flow[e].count
                            start = end
                        elif goes_on:
                            if task[a].before:
                                b = flow[start].which
                                stock[b].reserved -= flow[start].count
                                candidates |= buffer[b].makers
                                putting = True
                            start += 1
                        for e in range(start, end):
                            b = flow[e].which
                            q = flow[e].count
                            level = stock[b].level
                            stock[b].area += level * (t - stock[b].changed)
                            stock[b].changed = t
                            level += q
                            stock[b].level = level
                            stock[b].put += q
                            candidates |= buffer[b].takers
                            if level > stock[b].peak and (leaves == WITH_ROOM or not stock[b].tight):
                                stock[b].peak = level
                            if task[a].before:
                                stock[b].reserved -= q
                            if b == sink:
                                output += q
                                age += q * (t - slot[s].birth)
                                if counting and N > 1:
                                    n = int((t - warm_up) / span * N)
                                    binned[min(n, N - 1)] += q
                            if stock[b].aged:
                                length = stock[b].length
                                if length + q > places:
                                    ending = CROWDED
                                    q = 0
                                k = stock[b].head + length
                                for _ in range(q):
                                    ring[b, k if k < places else k - places] = slot[s].birth
                                    k += 1
                                stock[b].length = length + q
                        if has_tools:
                            for e in range(task[a].tool_at, task[a].tool_end):
                                u = need[e].which
                                kit[u].area += (tool[u].owned - kit[u].left) * (t - kit[u].changed)
                                kit[u].changed = t
                                kit[u].left += need[e].count
                                candidates |= tool[u].users
                                if has_fails and tool[u].fails:
                                    kit[u].unheld |= held[s, e - task[a].tool_at]
                        tally[a].done += 1
                        times[s, slot[s].column] += t - slot[s].since
                        slot[s].since = t
                        slot[s].column = A + STARVED
                        holders -= 1
                        for j in range(i, holders):
                            holding[j] = holding[j + 1]
                        if goes_on and leaves == WITH_ROOM:
                            slot[s].doing = CARRYING
                            slot[s].task = slot[s].onward
                            carrying[carriers] = s
                            carriers += 1
                        else:
                            slot[s].doing = FREE
                            slot[s].idle = t
                            free |= _1 << np.uint64(s)
                            candidates |= of_slot[s].doable
                            absences = has_away
                        if has_tight:
                            putting = True

                # 2. who is due to be away goes
                if absences:
                    absences = False
                    m = free
                    while m != _0:
                        s = _lowest(m)
                        m &= m - _1
                        back = _leave_of_absence(t, s, A, away, of_slot[s].away_end, slot, times)
                        if back >= 0.0:
                            free &= ~(_1 << np.uint64(s))
                            _due(s, back, when, who)

                # 3. who carries a unit goes on with it, else startable tasks are given out
                a = chosen
                s = by
                chosen = -1
                hand = -1
                if a < 0 and carriers > 0:
                    i = 0
                    while i < carriers:
                        s = carrying[i]
                        a = slot[s].task
                        hand = flow[way[slot[s].way].out_at].which
                        lacking = -1
                        for e in range(task[a].in_at, task[a].in_end):
                            if flow[e].which != hand and stock[flow[e].which].level < flow[e].count:
                                lacking = STARVED
                                break
                        if lacking < 0:
                            for e in range(task[a].tool_at, task[a].tool_end):
                                if kit[need[e].which].left < need[e].count:
                                    lacking = NO_TOOL
                                    break
                        if lacking < 0 and task[a].before:
                            for e in range(way[task[a].way_at].out_at, way[task[a].way_end - 1].out_end):
                                b = flow[e].which
                                if stock[b].level + stock[b].reserved + flow[e].count > stock[b].limit:
                                    lacking = NO_ROOM
                        if lacking < 0:
                            carriers -= 1
                            for j in range(i, carriers):
                                carrying[j] = carrying[j + 1]
                            break
                        if slot[s].column != A + lacking:
                            times[s, slot[s].column] += t - slot[s].since
                            slot[s].since = t
                            slot[s].column = A + lacking
                        a = -1
                        hand = -1
                        i += 1
                if a < 0:
                    best = 1 << 40
                    passed = False
                    looked = candidates
                    while looked != _0:
                        bit = looked & (~looked + _1)
                        looked &= ~bit
                        c = task_of_bit[_lowest(bit)]
                        m = free & task[c].able
                        if m == _0:
                            candidates &= ~bit
                            continue
                        lacking = -1
                        passes = False
                        for e in range(task[c].in_at, task[c].in_end):
                            b = flow[e].which
                            if stock[b].level < flow[e].count:
                                lacking = STARVED
                                if (
                                    has_tight
                                    and stock[b].tight
                                    and (
                                        _hands_on(b, flow[e].count, holding[:holders], slot, task, way, flow, stock)
                                        >= 0
                                    )
                                ):
                                    lacking = -1
                                    passes = True
                                if lacking >= 0:
                                    break
                        if lacking < 0 and has_tools:
                            for e in range(task[c].tool_at, task[c].tool_end):
                                if kit[need[e].which].left < need[e].count:
                                    lacking = NO_TOOL
                                    break
                        if lacking < 0 and task[c].before:
                            for e in range(way[task[c].way_at].out_at, way[task[c].way_end - 1].out_end):
                                b = flow[e].which
                                if stock[b].level + stock[b].reserved + flow[e].count > stock[b].limit:
                                    lacking = NO_ROOM
                        if lacking >= 0:
                            no_tool = no_tool | bit if lacking == NO_TOOL else no_tool & ~bit
                            no_room = no_room | bit if lacking == NO_ROOM else no_room & ~bit
                            candidates &= ~bit
                            continue
                        k = 0
                        while (m >> np.uint64(preferred[c, k])) & _1 == _0:
                            k += 1
                        h = preferred[c, k]
                        if ordered or rank[h, c] < best:
                            best = rank[h, c]
                            a = c
                            s = h
                            passed = passes
                            if ordered:
                                break
                    if a >= 0 and has_tight and passed:
                        # straight from hand to hand: put down first, whatever the room, then start
                        for e in range(task[a].in_at, task[a].in_end):
                            b = flow[e].which
                            if stock[b].level >= flow[e].count:
                                continue
                            giver = _hands_on(b, flow[e].count, holding[:holders], slot, task, way, flow, stock)
                            if giver >= 0:
                                slot[giver].leaves = BY_HAND
                        putting = True
                        chosen = a
                        by = s
                        continue
                if a < 0:
                    if has_loss:
                        for i in range(holders):
                            if task[slot[holding[i]].task].loses:
                                slot[holding[i]].leaves = LOST
                                putting = True
                        if putting:
                            continue
                    break

                # 4. slot s starts task a
                born = t
                for e in range(task[a].in_at, task[a].in_end):
                    b = flow[e].which
                    q = flow[e].count
                    if b == hand:
                        stock[b].put += q
                        stock[b].taken += q
                        if e == task[a].in_at:
                            born = slot[s].birth
                        continue
                    stock[b].area += stock[b].level * (t - stock[b].changed)
                    stock[b].changed = t
                    stock[b].level -= q
                    stock[b].taken += q
                    candidates |= buffer[b].makers
                    if holders > 0:
                        putting = True
                    if stock[b].aged:
                        k = stock[b].head
                        if e == task[a].in_at:
                            born = ring[b, k]
                        k += q
                        stock[b].head = k if k < places else k - places
                        stock[b].length -= q
                slot[s].birth = born
                if use_shared:
                    x = np.inf
                    if tally[a].drawn < shared.shape[1]:
                        x = shared[a, tally[a].drawn]
                    else:
                        ending = SHORT
                elif task[a].kind == EXPONENTIAL:
                    x = tally[a].ready
                    tally[a].times = advanced(tally[a].times)
                    tally[a].ready = task[a].mean * -math.log(unit(tally[a].times))
                else:
                    x, tally[a].times = variate(task[a].kind, task[a].one, task[a].two, tally[a].times)
                    if task[a].kind == EMPIRICAL:
                        x = values[task[a].values_at + int(x)]
                    x *= task[a].mean
                tally[a].drawn += 1
                x /= speed[s, a]
                w = task[a].way_at
                if task[a].way_end - w > 1:
                    tally[a].ways = advanced(tally[a].ways)
                    chance = unit(tally[a].ways)
                    while way[w].up_to < chance:
                        w += 1
                if task[a].before:
                    for e in range(way[w].out_at, way[w].out_end):
                        stock[flow[e].which].reserved += flow[e].count
                if has_learning:
                    if task[a].learning < 0.0:
                        x *= max(task[a].floor, (1.0 + experience[s, a]) ** task[a].learning)
                    experience[s, a] += 1.0
                if has_fatigue and of_slot[s].fatigue > 0.0:
                    x *= 1.0 + of_slot[s].fatigue * (t - slot[s].rested)
                change = 0.0
                if has_setup:
                    if slot[s].previous >= 0 and slot[s].previous != a:
                        change = task[a].setup
                    slot[s].previous = a
                repair = 0.0
                if has_tools:
                    for e in range(task[a].tool_at, task[a].tool_end):
                        u = need[e].which
                        kit[u].area += (tool[u].owned - kit[u].left) * (t - kit[u].changed)
                        kit[u].changed = t
                        kit[u].left -= need[e].count
                        if has_fails and tool[u].fails:
                            more, held[s, e - task[a].tool_at] = _repairs(
                                x, need[e].count, tool[u], kit[u], life[u], values
                            )
                            repair += more
                times[s, slot[s].column] += t - slot[s].since
                slot[s].since = t
                slot[s].column = a
                slot[s].doing = WORKING
                slot[s].task = a
                slot[s].way = w
                slot[s].leaves = WITH_ROOM
                if has_follow:
                    slot[s].onward = onward[s, w]
                slot[s].switches = change
                slot[s].repairs = repair
                x = t + (change + x + repair)
                slot[s].until = x
                free &= ~(_1 << np.uint64(s))
                _due(s, x, when, who)

            # 5. why those who are free are free
            m = free
            while m != _0:
                s = _lowest(m)
                m &= m - _1
                doable = of_slot[s].doable
                reason = NO_ROOM if doable & no_room != _0 else NO_TOOL if doable & no_tool != _0 else STARVED
                if slot[s].column != A + reason:
                    times[s, slot[s].column] += t - slot[s].since
                    slot[s].since = t
                    slot[s].column = A + reason

            # 6. the next event
            if ending != AT_HORIZON:
                break
            if when[half + last] == np.inf:
                _due(last, np.inf, when, who)  # who was due last and has not started anything
            if when[1] == np.inf:
                ending = DEADLOCK if holders > 0 or carriers > 0 else DRY
                break
            x = when[1]
            if x > horizon:
                break
            if x > t:
                at_once = 0
            at_once += 1
            if at_once > MANY:
                ending = ENDLESS
                break
            if not counting and x > warm_up:
                counting = True
                output = 0
                age = 0.0
                _count_from(warm_up, A, tally, stock, kit, slot, times, sums.start[r])
            t = x
            s = who[1]
            last = s
            when[half + s] = np.inf
            absences = has_away
            gone = t - slot[s].since
            slot[s].since = t
            if slot[s].doing == ABSENT:
                times[s, A + AWAY] += gone
                slot[s].doing = FREE
                slot[s].idle = t
                slot[s].column = A + STARVED
                free |= _1 << np.uint64(s)
                candidates |= of_slot[s].doable
            else:
                a = slot[s].task
                if has_setup or has_fails:
                    gone -= slot[s].switches
                    gone -= slot[s].repairs
                    times[s, A + SWITCHING] += slot[s].switches
                    times[s, A + REPAIR] += slot[s].repairs
                times[s, a] += gone
                slot[s].column = A + BLOCKED
                slot[s].doing = HOLDING
                holding[holders] = s
                holders += 1
                putting = True
                if task[a].arrives:
                    slot[s].birth = t

        # 7. the end
        if not counting:
            output = 0
            age = 0.0
            _count_from(warm_up, A, tally, stock, kit, slot, times, sums.start[r])
        for s in range(S):
            if slot[s].doing == FREE and has_away:
                _leave_of_absence(horizon, s, A, away, of_slot[s].away_end, slot, times)
            _book(horizon, s, A, slot, times)
        for b in range(B):
            sums.area[r, b] = stock[b].area + stock[b].level * (horizon - stock[b].changed)
            sums.put[r, b] = stock[b].put
            sums.taken[r, b] = stock[b].taken
            sums.end[r, b] = stock[b].level
            sums.peak[r, b] = stock[b].peak
        for u in range(U):
            sums.in_use[r, u] = kit[u].area + (tool[u].owned - kit[u].left) * (horizon - kit[u].changed)
        for a in range(A):
            sums.done[r, a] = tally[a].done
            sums.lost[r, a] = tally[a].gone
        if N == 1:
            binned[0] = output
        sums.output[r] = output
        sums.age[r] = age
        sums.ending[r] = ending
        sums.ended[r] = t if ending != AT_HORIZON else horizon
