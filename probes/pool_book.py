"""What pools say of each entry so far, kept up to date message by message.

A run's list has thousands of entries and most of them are decided most of the time. An entry that
is decided, and of which each blocked message is explained by another, is set aside: what pools say
to it stays as it is, and pools of such entries alone are not looked at again, so that a message
costs the same at the end of a run as at its beginning. It is taken up again when something new is
learnt of it, when what explained a blocked message no longer does, when the estimated share of
censored entries has moved so far that it would be decided no more, and when the rates have moved.

The book proposes; what a run says in the end is computed from all attempts at once
(`results.pool_evidence`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from scipy.special import expit, logit

from probes.pool_choice import PoolLimits, Ties, as_many_as_fit, best_pool, untied
from probes.sent_pools import SentPools
from results.inference import Limits, Noise
from results.pool_evidence import LEAST_FACTOR, Company, prior_shifts
from results.pooling import (
    Beliefs,
    Flags,
    Floats,
    Graph,
    Places,
    Pool,
    Rates,
    expected_share,
    integrated,
    propagate,
)

MOST_IN_COMPANY: Final = 40
"""Pools that an undecided entry is carried in before it is sent alone."""

FEWEST_ARRIVED: Final = 2
"""Messages that carry an entry and arrive before it counts as clear: one alone may have slipped
through, and everything in it with it."""

_PRIOR_ROUNDS: Final = 3  # the share and the beliefs depend on each other
_PRIOR_TOLERANCE: Final = 1e-3  # relative
_ROUNDS: Final = 4  # of taking entries up again because of what others have become
_RATES_MOVED: Final = 1.5  # times larger or smaller, for everything to be computed anew
_LIKELY: Final = 0.97  # probability from which on it is sent alone: it will have to be anyway
_MOST_DOUBTS: Final = 3  # after which it is sent alone in any case
_SLACK: Final = 1.5  # log-odds by which a decision may fall short before it is taken back
_SUSPECT: Final = 0.2  # probability from which on a pool with it may have slipped


class PoolBook:
    """Beliefs about the entries of a run, and which pool to send next."""

    def __init__(self, lengths: Sequence[int], limits: Limits) -> None:
        """Begin with nothing known.

        Args:
            lengths: By entry, how many characters it takes.
            limits: When a verdict is given.
        """
        size = len(lengths)
        self._size = size
        self._lengths = np.asarray(lengths, dtype=np.int64)
        self._limits = limits
        self._sent = SentPools(size)
        self._unexplained: dict[str, None] = {}  # blocked pools without a censored entry
        self._contradicted: list[str] = []  # those of them whose entries are all clear
        self._noise = Noise()
        self._rates_used = self._rates
        self._share = expected_share(np.zeros(0), np.zeros(0, np.bool_))
        self._evidence: Floats = np.zeros(size)  # what pools say of it, in log-odds
        self._caution: Floats = np.zeros(size)  # what uncertain rates add to it
        self._is_decided: Flags = np.zeros(size, np.bool_)
        self._is_censored: Flags = np.zeros(size, np.bool_)  # of those decided
        self._is_aside: Flags = np.zeros(size, np.bool_)
        self._is_suspected: Flags = np.zeros(size, np.bool_)  # see `_SUSPECT`
        self._is_given_up: Flags = np.zeros(size, np.bool_)
        self._is_doubted: Flags = np.zeros(size, np.bool_)
        self._doubts: Places = np.zeros(size, np.int64)
        self._needs_solo: Flags = np.zeros(size, np.bool_)
        self._is_bound: Flags = np.zeros(size, np.bool_)  # in a pool that is to be sent again
        self._place_in_graph: Places = np.full(size, -1, np.int64)
        self._ties = Ties.none(size)
        self._is_stale = False

    @property
    def share(self) -> float:
        """What share of the entries is thought to be censored."""
        return self._share

    @property
    def probability(self) -> Floats:
        """By entry, the probability of being censored."""
        self._refresh()
        return np.asarray(expit(self._log_odds), dtype=np.float64)

    @property
    def has_undecided(self) -> bool:
        """Whether there is an entry of which too little is known, however often it arrived."""
        self._refresh()
        return not self._is_decided.all()

    @property
    def open(self) -> Places:
        """Places of the entries that need another message."""
        self._refresh()
        return np.flatnonzero(self._is_open)

    def is_open(self, place: int) -> bool:
        """Whether an entry needs another message: alone, in a pool, or in one sent again.

        Whoever asks is about to tell what is known of it. A decision that stands only because it
        was near enough (`_SLACK`) is then taken back, and with it all others of the kind, so that
        one pool does for all of them.
        """
        self._refresh()
        if self._is_decided[place] and not self._holds(np.array([place]))[0]:
            decided = np.flatnonzero(self._is_decided)
            self._take_up(decided[~self._holds(decided)])
            self._refresh()
        return bool(self._is_open[place])

    @property
    def clear(self) -> Places:
        """Places of the entries that came out clear."""
        self._refresh()
        return np.flatnonzero(self._is_clear)

    @property
    def censored(self) -> Places:
        """Places of the entries that came out censored."""
        self._refresh()
        return np.flatnonzero(self._is_decided & self._is_censored & ~self._is_given_up)

    def is_repetition(self, places: Sequence[int]) -> bool:
        """Whether a pool of exactly these entries was sent before and is yet to be explained."""
        return len(places) > 1 and self._sent.repeats.is_open(frozenset(places))

    def give_up(self, place: int) -> None:
        """Ask for no more messages of an entry, whatever is known of it."""
        if not self._is_given_up[place]:
            self._is_given_up[place] = True
            self._take_up([place])

    def doubt(self, place: int) -> None:
        """Send an entry once more before it counts as decided, unless it was given up.

        A pool will do, unless it is suspected or was doubted several times: then it is sent alone.
        """
        if not self._is_given_up[place]:
            self._is_doubted[place] = True
            self._doubts[place] += 1
            self._take_up([place])

    def company(self, place: int) -> Company:
        """What pools say of an entry."""
        self._refresh()
        pools = [key for key in self._sent.of(place) if self._sent[key].places.size > 1]
        blocked = sum(self._sent[key].is_blocked for key in pools)
        low, middle, high = (
            float(expit(logit(self._share) + self._evidence[place] + shift))
            for shift in prior_shifts(self._share)
        )
        return Company(
            probability=middle,
            probability_low=low,
            probability_high=high,
            share=self._share,
            has_settled=True,
            attempts=tuple(pools),
            blocked=blocked,
            delivered=len(pools) - blocked,
        )

    def set_noise(self, noise: Noise) -> None:
        """Take in what controls and canaries say now."""
        if noise != self._noise:
            self._noise = noise
            self._is_stale = True

    def begin(self, key: str, places: Sequence[int]) -> None:
        """Note that a pool is on its way.

        Args:
            key: Id of the attempt.
            places: The entries it carries.
        """
        if key in self._sent:
            self._forget(key)
        self._sent.begin(key, places)

    def put(self, key: str, places: Sequence[int], is_blocked: bool | None) -> None:
        """Enter what became of a pool, or that it is void after all.

        Args:
            key: Id of the attempt.
            places: The entries it carries.
            is_blocked: Whether it was blocked; ``None`` if it says nothing.
        """
        if self._sent.land(key):
            self._take_up(places)
        known = self._sent.outcome(key)
        if known is is_blocked:
            return
        if known is not None:
            self._forget(key)
        if is_blocked is None:
            return
        sent = self._sent.add(key, places, is_blocked=is_blocked)
        self._is_doubted[sent.places] = False
        self._take_up(sent.places)

    @property
    def discovered(self) -> Mapping[frozenset[int], Sequence[str]]:
        """Pools blocked more than once although all their entries are clear, with the keys."""
        self._refresh()
        return self._sent.repeats.discovered

    def next_pool(self, allowed: Collection[int] | None, limits: PoolLimits) -> tuple[int, ...]:
        """The entries that the next message should carry; empty if none is needed now.

        Args:
            allowed: Places that may be sent; ``None`` for all.
            limits: What the app takes.
        """
        self._refresh()
        is_waiting = self._sent.is_waiting
        is_allowed = np.full(self._size, allowed is None)
        is_allowed[np.fromiter(allowed or (), np.int64)] = True
        again = self._again(is_allowed, is_waiting, limits)
        if again is not None:
            return again
        is_free = is_allowed & ~is_waiting & ~self._is_decided
        alone = np.flatnonzero(is_free & self._needs_solo)
        if alone.size:
            return (int(alone[np.argmax(self._evidence[alone])]),)
        # Those of which nothing is known are all alike: no pool takes more than it may carry.
        unseen = np.flatnonzero(is_free & (self._sent.times == 0))[: limits.entries]
        free = np.concatenate((np.flatnonzero(is_free & (self._sent.times > 0)), unseen))
        if not free.size:
            return self._sweep(np.flatnonzero(self._is_thin & is_allowed & ~is_waiting), limits)
        chosen = best_pool(
            untied(free, self._ties, self._sent.in_flight),
            probability=np.asarray(expit(self._log_odds), dtype=np.float64),
            ties=self._ties,
            lengths=self._lengths,
            rates=self._rates,
            limits=limits,
        )
        return tuple(int(place) for place in chosen)

    @property
    def _log_odds(self) -> Floats:
        return logit(self._share) + self._evidence

    @property
    def _is_clear(self) -> Flags:
        return self._is_decided & ~self._is_censored & ~self._is_given_up

    @property
    def _is_thin(self) -> Flags:
        """By entry, whether it is clear by a single message."""
        return self._is_clear & (self._sent.arrived < FEWEST_ARRIVED)

    @property
    def _is_open(self) -> Flags:
        return ~self._is_decided | self._is_bound | self._is_thin

    @property
    def _rates(self) -> Rates:
        return Rates(self._noise.expected_loss.mean, self._noise.expected_slip.mean)

    def _again(
        self, is_allowed: Flags, is_waiting: Flags, limits: PoolLimits
    ) -> tuple[int, ...] | None:
        """A pool that was blocked although all its entries are clear: bad luck or a combination.

        It is sent as a whole if one of them may be sent: of the others nothing may be asked any
        more, but without them it tells nothing, and the one would wait for ever.
        """
        for key in self._contradicted:
            sent = self._sent[key]
            length = int(self._lengths[sent.places].sum()) + limits.joiner * (sent.places.size - 1)
            if length > limits.characters:
                self._sent.repeats.leave(sent.pool)
                self._take_up(sent.places)
            elif is_allowed[sent.places].any() and not is_waiting[sent.places].any():
                return tuple(int(place) for place in sent.places)
        return None

    def _sweep(self, thin: Places, limits: PoolLimits) -> tuple[int, ...]:
        """Those that are clear by a single message; last, when few messages do for all of them."""
        fitting = as_many_as_fit(thin, self._lengths, limits)
        if fitting.size == thin.size and self._sent.in_flight:
            return ()  # what is on its way may leave more of them, and there is room for these
        return tuple(fitting.tolist())

    def _take_up(self, places: Iterable[int] | Places) -> None:
        """Look at entries anew."""
        at = np.asarray(places if isinstance(places, np.ndarray) else list(places), np.int64)
        self._is_aside[at] = False
        self._is_decided[at] = False
        self._is_stale = True

    def _forget(self, key: str) -> None:
        sent = self._sent.remove(key)
        self._evidence[sent.places] -= sent.messages
        self._unexplained.pop(key, None)
        self._take_up(sent.places)

    def _refresh(self) -> None:
        """Compute anew what is open."""
        if not self._is_stale:
            return
        if not self._rates.are_near(self._rates_used, _RATES_MOVED):
            self._rates_used = self._rates
            self._is_aside[:] = False
        for _ in range(_ROUNDS):
            active = np.flatnonzero((self._sent.times > 0) & ~self._is_aside)
            keys = self._sent.of_all(active.tolist())
            graph, beliefs = self._beliefs(active, keys)
            self._ties = Ties.of(graph, beliefs).among(active, self._log_odds)
            self._decide(active, graph, beliefs)
            self._explain(keys)
            self._set_aside(active, beliefs)
            if not self._reopen():
                break
        # Of what was never sent, nothing is decided, whatever the share.
        unseen = self._sent.times == 0
        self._is_decided[unseen] = self._is_given_up[unseen]
        self._needs_solo[unseen] = self._doubts[unseen] > _MOST_DOUBTS
        self._is_stale = False

    def _beliefs(self, active: Places, keys: Sequence[str]) -> tuple[Graph, Beliefs]:
        """What the pools of active entries say of these, the others taken as they are."""
        self._place_in_graph[active] = np.arange(active.size)
        graph, begin = self._graph(active.size, keys)
        for _ in range(_PRIOR_ROUNDS):
            prior = np.full(active.size, logit(self._share))
            beliefs = propagate(graph, prior, self._rates, begin=begin)
            begin = beliefs.begin
            self._evidence[active] = beliefs.log_odds - prior
            before, self._share = self._share, self._expected_share()
            if abs(self._share - before) <= _PRIOR_TOLERANCE * before:
                break
            graph = self._graph(active.size, keys)[0]
        end = 0
        for key in keys:
            sent = self._sent[key]
            is_active = ~self._is_aside[sent.places]
            start, end = end, end + int(np.count_nonzero(is_active))
            sent.messages[is_active] = beliefs.messages[start:end]
            sent.begin[is_active] = beliefs.begin[start:end]
        self._place_in_graph[active] = -1
        return graph, beliefs

    def _graph(self, size: int, keys: Sequence[str]) -> tuple[Graph, Floats]:
        """The pools without entries that are set aside, and where to begin."""
        pools, begin, log_clear = [], [], []
        prior = float(logit(self._share))
        for key in keys:
            sent = self._sent[key]
            is_active = ~self._is_aside[sent.places]
            aside = sent.places[~is_active]
            others = prior + self._evidence[aside] - sent.messages[~is_active]
            pools.append(Pool(self._place_in_graph[sent.places[is_active]], sent.is_blocked))
            begin.append(sent.begin[is_active])
            log_clear.append(-float(np.logaddexp(0.0, others).sum()))
        graph = Graph.of(size, pools, log_clear)
        return graph, np.concatenate(begin) if begin else np.zeros(0)

    def _expected_share(self) -> float:
        probability = np.asarray(expit(self._log_odds), dtype=np.float64)
        return expected_share(probability, self._sent.times > 0)

    def _decide(self, active: Places, graph: Graph, beliefs: Beliefs) -> None:
        """Decide what can be decided, whatever the share of censored entries may really be."""
        prior = np.full(active.size, logit(self._share))
        is_given_up = self._is_given_up[active]
        is_doubted = self._is_doubted[active]
        can_go = ~self._sent.is_waiting[active] & beliefs.has_settled & ~is_doubted
        has_solo = self._sent.alone[active, 1] > self._sent.alone[active, 0]
        was_clear = self._is_decided[active] & ~self._is_censored[active]
        was_censored = self._is_decided[active] & self._is_censored[active]
        looks_clear, looks_censored = self._looks(prior, beliefs.log_odds)
        is_new = (looks_censored & has_solo & ~self._is_censored[active]) | (
            looks_clear & ~self._is_decided[active]
        )
        self._caution[active] = 0.0
        if (is_new & can_go).any():
            # It must hold too for all that loss and slip may be.
            careful = integrated(graph, prior, self._noise, begin=beliefs.begin)
            self._caution[active] = careful.log_odds - beliefs.log_odds
            is_clear, is_censored = self._looks(prior, careful.log_odds)
            looks_clear &= is_clear
            looks_censored &= is_censored
        # While rates are known from few controls, they move to and fro. What was decided is looked
        # at again in the end, and not each time.
        still_clear, still_censored = self._looks(prior, beliefs.log_odds, slack=_SLACK)
        looks_clear |= was_clear & still_clear
        looks_censored |= was_censored & still_censored
        is_censored = can_go & looks_censored & has_solo
        self._is_censored[active] = is_censored
        self._is_decided[active] = (can_go & looks_clear) | is_censored | is_given_up
        probability = expit(beliefs.log_odds)
        self._needs_solo[active] = (
            ~beliefs.has_settled
            | ((looks_censored | (probability >= _LIKELY)) & ~has_solo)
            | (is_doubted & ((probability >= _SUSPECT) | (self._doubts[active] > _MOST_DOUBTS)))
            | (self._sent.times[active] - self._sent.alone[active].sum(axis=1) >= MOST_IN_COMPANY)
        )

    def _looks(self, prior: Floats, log_odds: Floats, *, slack: float = 0.0) -> tuple[Flags, Flags]:
        """Which look clear, and which censored, to a reader of the other opinion."""
        low, _, high = prior_shifts(self._share)
        looks_clear = (log_odds + high <= logit(self._limits.beta) + slack) & (
            log_odds <= prior - np.log(LEAST_FACTOR) + slack
        )
        return looks_clear, log_odds + low >= logit(1 - self._limits.alpha) - slack

    def _holds(self, places: Places) -> Flags:
        """Whether what was decided of entries would be decided again by what is known now."""
        prior = np.full(places.size, logit(self._share))
        looks_clear, looks_censored = self._looks(prior, self._log_odds[places])
        holds = np.where(self._is_censored[places], looks_censored, looks_clear)
        return np.asarray(holds | self._is_given_up[places], dtype=np.bool_)

    def _explain(self, keys: Iterable[str]) -> None:
        """Find the blocked pools that no entry explains, and those that contradict all theirs."""
        may_explain = self._is_censored | self._is_given_up
        is_clear = self._is_clear
        for key in keys:
            sent = self._sent[key]
            self._unexplained.pop(key, None)
            is_settled = sent.places.size > 1 and not self._sent.repeats.is_open(sent.pool)
            if (
                sent.is_blocked
                and not may_explain[sent.places].any()
                and not (is_settled and is_clear[sent.places].all())
            ):
                self._unexplained[key] = None
        self._contradicted = [
            key
            for key in self._unexplained
            if self._sent[key].places.size > 1
            and self._sent.repeats.is_open(self._sent[key].pool)
            and is_clear[self._sent[key].places].all()
        ]
        self._is_bound[:] = False
        for key in self._contradicted:
            self._is_bound[self._sent[key].places] = True

    def _set_aside(self, active: Places, beliefs: Beliefs) -> None:
        """Set aside what can no longer be what blocked a message, decided or not."""
        is_held = np.zeros(self._size, np.bool_)
        for key in self._unexplained:
            is_held[self._sent[key].places] = True
        self._is_aside[active] = ~is_held[active] & beliefs.has_settled

    def _reopen(self) -> bool:
        """Take up again what was set aside for reasons that hold no more; whether there was any."""
        again = np.zeros(self._size, np.bool_)
        for key in self._unexplained:
            again[self._sent[key].places] = True
        log_odds = self._log_odds
        prior = np.full(self._size, logit(self._share))
        looks_clear, looks_censored = self._looks(prior, log_odds, slack=_SLACK)
        holds = np.where(self._is_censored, looks_censored, looks_clear) | self._is_given_up
        again |= self._is_decided & ~holds
        again |= self._company_of_slipped(log_odds)
        looks_clear, _ = self._looks(prior, log_odds + self._caution)
        again |= looks_clear & ~self._is_decided & ~self._is_doubted & ~self._sent.is_waiting
        for pool in self._sent.repeats.discovered:
            places = np.fromiter(pool, np.int64)
            if not self._is_clear[places].all():
                self._sent.repeats.undo(pool)
                again[places] = True
                self._is_aside[places] = True  # so that they are counted below
        again &= self._is_aside
        self._is_aside[again] = False
        self._is_decided[again] = False
        return bool(again.any())

    def _company_of_slipped(self, log_odds: Floats) -> Flags:
        """Entries of delivered pools of which it is newly known that they slipped, or did not.

        A pool that arrived with a censored entry in it says nothing of its other entries.
        """
        is_suspected = log_odds > logit(_SUSPECT)
        changed = np.flatnonzero(is_suspected != self._is_suspected)
        self._is_suspected = is_suspected
        return self._sent.delivered_with(changed)
