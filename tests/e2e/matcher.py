# SPDX-License-Identifier: Apache-2.0
"""YAGURA_MATCHER=builtin: the same findings, one line that says so, an image of its own."""
from harness import ROOT, RULE, access_log, case, contains, equal, folder, main, yagura

SAMPLES = ROOT / "samples"


def both(*args, lang="en"):
    base = folder()
    env = {"XDG_CACHE_HOME": str(base)}
    return (yagura(*args, env=env, lang=lang),
            yagura(*args, env=dict(env, YAGURA_MATCHER="builtin"), lang=lang))


def only_own():
    """Is the built-in matcher the only one that can be used on this machine?"""
    return "built-in matcher" in yagura("rules", "check", ROOT / "rules").err


@case
def findings_are_the_same():
    fast, slow = both("detect", "--json", SAMPLES)
    assert fast.findings()
    equal(slow.out, fast.out)
    equal(slow.code, fast.code)


@case
def it_is_said_once_in_both_languages():
    base = folder()
    (base / "access.log").write_text(access_log())
    for lang, words in (("en", "the slower built-in matcher is used"),
                        ("ja", "\u4f4e\u901f\u306a\u5185\u8535\u306e\u7167\u5408\u51e6\u7406")):
        fast, slow = both("detect", "--json", base / "access.log", lang=lang)
        equal(slow.err.count(words), 1, slow.err)
        equal(fast.err.count("YAGURA_MATCHER"), 0, fast.err)


@case
def images_are_kept_apart():
    base = folder()
    (base / "access.log").write_text(access_log())
    env = {"XDG_CACHE_HOME": str(base / "cache")}
    for _ in range(2):
        yagura("detect", "--json", base / "access.log", env=env)
        yagura("detect", "--json", base / "access.log", env=dict(env, YAGURA_MATCHER="builtin"))
    equal(len(list((base / "cache" / "yagura").iterdir())), 1 if only_own() else 2)


@case
def what_it_cannot_do_makes_a_rule_inactive_and_named():
    base = folder()
    (base / "rule.yml").write_text(RULE.replace("contains: union", "re: '\\p{Lu}nion'"))
    fast, slow = both("rules", "check", base / "rule.yml")
    if not only_own():
        contains(fast.out, "1 loaded, 0 inactive, 0 refused")
    contains(slow.out, "inactive: 'Test rule': the built-in matcher cannot do its regular "
                       "expression: it uses \\p")
    contains(slow.out, "1 loaded, 1 inactive, 0 refused")


@case
def another_name_is_refused():
    got = yagura("detect", SAMPLES, env={"YAGURA_MATCHER": "fast"})
    equal(got.code, 2)
    contains(got.err, "there is no matcher 'fast'")


main()
