"""The forms of a page, and how a person fills them in."""
import html.parser, re
from dataclasses import dataclass, field

REFUSALS = re.compile(r"deny|cancel|refuse|reject|decline|abort", re.IGNORECASE)


@dataclass
class Form:
    action: str
    method: str
    # (name, value), as a browser would send them
    hidden: list = field(default_factory=list)
    # (name, type)
    blanks: list = field(default_factory=list)
    # (name, value, what stands on it)
    buttons: list = field(default_factory=list)

    @property
    def asks_password(self):
        return any(kind == "password" for _, kind in self.blanks)

    def button(self, refuse=False):
        """The first button that refuses, or the first that does not; None if there is none."""
        for button in self.buttons:
            if bool(REFUSALS.search(" ".join(part or "" for part in button))) == refuse:
                return button
        return None

    def filled(self, user, password, button):
        """What is sent: every name and value in the order of the page, the button that was pressed last."""
        pairs = list(self.hidden)
        for name, kind in self.blanks:
            pairs.append((name, password if kind == "password" else user))
        if button and button[0]:
            pairs.append((button[0], button[1]))
        return pairs


class _Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.form, self.label = [], None, None

    def handle_starttag(self, tag, attributes):
        has = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.form = Form(has.get("action", ""), has.get("method", "get").upper())
            self.forms.append(self.form)
        elif self.form is not None and tag == "input":
            self.read_input(has)
        elif self.form is not None and tag == "button" and has.get("type", "submit") == "submit":
            self.label = [has.get("name"), has.get("value", ""), ""]

    def read_input(self, has):
        kind, name, value = has.get("type", "text").lower(), has.get("name"), has.get("value", "")
        if kind == "submit":
            self.form.buttons.append((name, value, value))
        elif name and kind in ("text", "email", "password"):
            self.form.blanks.append((name, kind))
        elif name and (kind == "hidden" or (kind in ("checkbox", "radio") and "checked" in has)):
            self.form.hidden.append((name, value))

    def handle_data(self, data):
        if self.label:
            self.label[2] += data.strip()

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "button" and self.label and self.form is not None:
            self.form.buttons.append(tuple(self.label))
            self.label = None


def read_forms(page):
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.forms
