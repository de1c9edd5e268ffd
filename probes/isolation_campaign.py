"""A campaign whose entries are samples: does each arrive; if not, which words of it stop it.

A sample is first measured as any entry is, by a sequential test. Once it is censored, isolation
(`probes.isolate`) finds the combinations that stop it, on all lanes, between the same controls and
canaries. What becomes of a message is told to it as soon as the rules say so, and told again if it
changes: a text may be removed after it arrived, and a control that is lost makes void what was sent
before it. A sample counts as isolated when all messages behind the result are final.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Final

from probes.agenda import Agenda, SendingLane
from probes.campaign import Campaign
from probes.isolate import Aims, Form, Isolation
from probes.isolation_likelihood import Channel
from probes.isolation_result import Answer, IsolationResult, TextToSend
from probes.lane_worker import LaneWorker
from probes.ledger import Ledger
from probes.message import Message, compose
from probes.notes import Observed
from probes.run_setup import Setup
from results.inference import Noise
from results.journal import Journal
from results.record import Attempt, MessageKind, Outcome, Verdict, VerdictKind

_LEAST_PRIOR: Final = 0.5
_MOST_PRIOR: Final = 0.999
_PADDING: Final = 60  # characters of harmless text that is repeated in the proof


class IsolationAgenda(Agenda):
    """Sends texts of an isolation where other agendas send entries."""

    def ask(self, next_text: Callable[[SendingLane], str | None]) -> None:
        """Say where texts come from; without it there are none.

        Args:
            next_text: The next one for a lane, which it will send at once; ``None`` for none.
        """
        self._next_text = next_text

    def choose(
        self, worker: SendingLane, ledger: Ledger, candidates: Iterable[str], *, may_probe: bool
    ) -> Message | None:
        """The next message of a lane, as in `Agenda.choose`; texts before entries."""
        candidates = list(candidates)
        is_free = not self._needs_control(worker) and not self._needs_canary(worker, ledger)
        if may_probe and is_free:
            text = self._next_text(worker)
            if text is not None:
                return Message(kind=MessageKind.ISOLATION, text=text)
        return super().choose(worker, ledger, candidates, may_probe=may_probe)


class IsolationCampaign(Campaign):
    """Measures samples, and isolates what stops those that are censored."""

    def __init__(
        self,
        setup: Setup,
        journal: Journal,
        ledger: Ledger,
        *,
        aims: Aims | None = None,
    ) -> None:
        """Prepare a campaign, as `Campaign` does.

        Args:
            setup: What to measure; each entry is a sample.
            journal: Where attempts are committed.
            ledger: What is known already; empty for a new run.
            aims: What isolation is to find, and at what price.
        """
        super().__init__(setup, journal, ledger)
        self._aims = aims or Aims(finds_all=True)
        self._isolations: dict[str, Isolation] = {}
        self._handed: dict[str, tuple[str, TextToSend]] = {}  # lane → sample, text to send next
        self._sent: dict[str, tuple[str, int]] = {}  # attempt → sample, text's id
        self._answers: dict[str, Answer] = {}  # attempt → what was told of it
        self._seen = 0  # changes of the ledger that were looked at
        self._noise_then: Noise | None = None
        agenda = IsolationAgenda(
            self._entries,
            strategy=setup.strategy,
            controls=setup.controls,
            canaries=setup.canaries,
            random=Random(f"{setup.seed}/{self._attempts_made}"),  # noqa: S311 - not a secret
            bracket_messages=setup.bracket_messages,
        )
        agenda.ask(self._next_text)
        self._agenda = agenda

    @property
    def isolated(self) -> Mapping[str, IsolationResult]:
        """By sample, what isolation came to, of those it has ended for."""
        with self._lock:
            return {
                sample: isolation.result
                for sample, isolation in self._isolations.items()
                if isolation.result is not None
            }

    def new_attempt(self, worker: LaneWorker, message: Message, observed: Observed) -> Attempt:
        """Make an attempt, as `Campaign.new_attempt` does, and note which text it sends."""
        with self._lock:
            attempt = super().new_attempt(worker, message, observed)
            if message.kind is MessageKind.ISOLATION:
                sample, text = self._handed.pop(worker.name)
                self._sent[attempt.id] = sample, text.id
            return attempt

    def learn(self, attempts: Sequence[Attempt]) -> None:
        """Take into account what is newly known of attempts, in isolations as well."""
        with self._lock:
            super().learn(attempts)
            self._hear()

    def release(self, attempts: Sequence[Attempt]) -> None:
        """Note that attempts are not looked for any more."""
        with self._lock:
            super().release(attempts)
            self._hear()

    def lane_ended(self, worker: LaneWorker) -> None:
        """Note that a lane has ended; the text it was about to send proves nothing."""
        with self._lock:
            super().lane_ended(worker)
            handed = self._handed.pop(worker.name, None)
            if handed is not None:
                sample, text = handed
                self._isolations[sample].put(text.id, Answer.NOTHING)
            self._hear()

    def _is_done(self, entry_id: str) -> bool:
        """Whether a sample needs nothing more, and what it has can no longer change."""
        if not self._is_too_long(entry_id):
            if not super()._is_done(entry_id):
                return False
            if self._verdict_of(entry_id).kind is not VerdictKind.CENSORED:
                return True
        isolation = self._isolations.get(entry_id)
        is_done = (
            isolation is not None and isolation.is_done and all(self._final_attempts_of(entry_id))
        )
        if is_done:
            self._undecided.pop(entry_id, None)
        else:
            self._undecided.setdefault(entry_id)
        return is_done

    def _final_attempts_of(self, sample: str) -> Iterator[bool]:
        """Whether what became of it can no longer change, of each message of an isolation."""
        for attempt in self._ledger.attempts:
            if self._sent.get(attempt.id, ("", 0))[0] == sample:
                yield self._ledger.is_final(attempt)

    def _candidates(self) -> list[str]:
        """Samples that may be sent whole now."""
        return [each for each in super()._candidates() if not self._is_too_long(each)]

    def _is_too_long(self, sample: str) -> bool:
        """Whether no message holds a sample, so that it is isolated in stretches from the start."""
        return len(self._text_of(sample)) > self._room

    def _text_of(self, sample: str) -> str:
        return compose(self._entries[sample].components, self._joiner)

    @property
    def _room(self) -> int:
        return min((worker.lane.longest_message for worker in self._workers), default=sys.maxsize)

    @property
    def _joiner(self) -> str:
        return next((worker.lane.joiner for worker in self._workers), "\n")

    def _verdict_of(self, sample: str) -> Verdict:
        (verdict,) = self._verdicts(
            [self._entries[sample]],
            self._ledger.of_entry(sample),
            self.setup.strategy.company_of(self._ledger, [sample]),
        )
        return verdict

    def _next_text(self, worker: SendingLane) -> str | None:
        """The text that a lane is to send for the wanted sample."""
        if worker.name not in self._handed:
            sample = self._wanted
            if sample is None:
                return None
            isolation = self._isolations.get(sample) or self._begin(sample)
            texts = () if isolation is None else isolation.next_texts(1, worker.name)
            if not texts:
                return None
            self._handed[worker.name] = sample, texts[0]
        text = self._handed[worker.name][1].text
        return None if text in worker.stretch else text

    def _begin(self, sample: str) -> Isolation | None:
        """Begin to isolate a sample, once it is known to be censored."""
        prior = _LEAST_PRIOR
        if not self._is_too_long(sample):
            if not super()._is_done(sample):
                return None
            verdict = self._verdict_of(sample)
            if verdict.kind is not VerdictKind.CENSORED:
                return None
            prior = min(max(verdict.probability, _LEAST_PRIOR), _MOST_PRIOR)
        text = self._text_of(sample)
        isolation = Isolation(
            text,
            form=Form(
                characters=self._room,
                joiner=self._joiner,
                padding=self.setup.controls.draw(
                    text[:_PADDING],
                    self._joiner,
                    Random(f"{self.setup.seed}/{sample}"),  # noqa: S311 - not a secret
                    (),
                ),
            ),
            channels={each.name: self._channel for each in self._workers},
            aims=self._aims,
            blocked_prior=prior,
        )
        self._isolations[sample] = isolation
        return isolation

    @property
    def _channel(self) -> Channel:
        noise = self._ledger.noise
        return Channel(loss=noise.expected_loss, slip=noise.expected_slip)

    def _hear(self) -> None:
        """Tell isolations what is newly known: what became of texts, and how often lanes err."""
        if self._ledger.noise != self._noise_then:
            self._noise_then = self._ledger.noise
            for isolation in self._isolations.values():
                for worker in self._workers:
                    if not isolation.is_done:
                        isolation.set_channel(self._channel, worker.name)
        changed, self._seen = self._ledger.changes(self._seen)
        for attempt in changed:
            if attempt.id not in self._sent:
                continue
            sample, text = self._sent[attempt.id]
            answer, told = self._answer(attempt), self._answers.get(attempt.id)
            if answer is None or answer is told:
                continue
            self._answers[attempt.id] = answer
            tell = self._isolations[sample].put if told is None else self._isolations[sample].revise
            tell(text, answer)
        self._offer_work()
        self._has_news.notify_all()

    def _answer(self, attempt: Attempt) -> Answer | None:
        """What became of a message, as isolation sees it; ``None`` if that is not known yet."""
        score = self._ledger.scores[attempt.id]
        if self._ledger.is_on_its_way(attempt):
            return None
        if score.void is not None or score.outcome is Outcome.UNKNOWN:
            return Answer.NOTHING
        return Answer.BLOCKED if score.outcome.is_blocked else Answer.DELIVERED
