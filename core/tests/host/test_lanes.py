"""Questions of several batches are joined without mixing up whose answer is whose."""

from zhiyuan.host.checks import CheckedHook, Question
from zhiyuan.host.dispatch import Implementation
from zhiyuan.kernel.ids import new_id
from zhiyuan.kernel.issues import Issue


def test_answers_to_joined_batches_go_back_under_each_batchs_own_keys(kit) -> None:
    calls = []

    class Snapshots:
        def call(self, plugin_id, organization_id, ask):
            return ask(None)

    def check(context, requests):
        calls.append(len(requests))
        return {r.key: [Issue(f"x.{r.person_id}")] for r in requests}

    class Joined(CheckedHook):
        def _ask(self, requests):
            from zhiyuan.host.checks import Answer

            return Answer(check(None, requests), {})

    hook = Joined(Implementation("x", "check_signups", check, frozenset()), Snapshots(), budget_seconds=1)
    place = new_id()
    batches = [[kit.request(place, key=str(n)) for n in range(12)] for _ in range(12)]

    answers = hook._answer([Question(batch) for batch in batches])

    assert calls == [144]
    for batch, answer in zip(batches, answers, strict=True):
        told = {key: issues[0].code for key, issues in answer.issues.items()}
        assert told == {request.key: f"x.{request.person_id}" for request in batch}
