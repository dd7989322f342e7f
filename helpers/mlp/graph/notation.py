"""How the numbers of the graph are named and written: w12 leads from x1 to z2, dw12 is ∂L/∂w₁₂."""

import re

import numpy as np

from .backprop import Arrays

Named = dict[str, float]
SUBSCRIPTS = str.maketrans("123", "₁₂₃")


def by_name(arrays: Arrays, before: str = "") -> Named:
    """Return each number of the arrays under its name: w12 for the first row's second in w."""
    return {
        before + letter + "".join(str(i + 1) for i in index): float(number)
        for letter, array in arrays.items()
        for index, number in np.ndenumerate(array)
    }


def decimals(number: float) -> str:
    """A number in two decimals, or one significant digit where it is small; 0 if it is 0."""
    number += 0.0  # no minus before 0
    text = f"{number:.2f}" if abs(number) >= 0.01 else f"{number:.1g}"
    text = f"{number:.0f}" if abs(number) >= 100 else text
    return text.replace("-", "−")


def formula_html(text: str, values: Named) -> str:
    """HTML of a formula in plain names, such as "dw12 = x1 × dz2 = [x1]×[dz2] = [dw12]".

    What stands in square brackets is put in as a number, in brackets of its own if it is negative
    and follows a sign.
    """

    def put_in(match: re.Match) -> str:
        sign, name = match.groups()
        number = f'<b class="bp-{"g" if name[0] == "d" else "v"}">{decimals(values[name])}</b>'
        return f"{sign}({number})" if sign and values[name] < 0 else f"{sign or ''}{number}"

    text = re.sub(r" ?× ?(?=\[|\d)", "&nbsp;×&nbsp;", text)  # products do not part
    text = re.sub(r"([+−×] |×&nbsp;)?\[(\S+?)\]", put_in, text)
    return symbols(re.sub(r"\bd(?=[a-z]\d)", "∂L/∂", text))


def symbols(text: str) -> str:
    """The same text with the figures of its names as subscripts."""
    return re.sub(r"\b[a-z]\d+\b", lambda match: match[0].translate(SUBSCRIPTS), text)


def true_class(values: Named) -> str:
    return next(k for k in "123" if values[f"y{k}"] == 1)
