"""Pages of the site made ready for paper, on which nothing moves and nothing unfolds."""

__all__ = ["made_for_paper", "title_of"]

STATES = 6  # of a control, that are printed

# Code that the site folds, what a reader would move, and what nobody sees.
USELESS = (
    "script, style, link, a.headerlink, details.hide, .srlib-axes, .srlib-controls, .srlib-says, "
    ".srlib-value"
)

# Words of code in the colour of the text: as elements they would make the PDF half as large again.
PLAIN = "pre span:is(.n, .nn, .p, .w)"


def title_of(heading):
    """The words of a heading."""
    return " ".join(heading.get_text().split())


def made_for_paper(soup):
    """The article of a page, changed in place."""
    article = soup.find("article")
    replace_pages(soup, article)
    for element in article.select(USELESS):
        element.decompose()
    for word in article.select(PLAIN):
        word.unwrap()
    article.smooth()
    pair_up(soup, article)
    thin_out(soup, article)
    gather_answers(soup, article)
    for details in article.find_all("details"):
        details["open"] = ""
    return article


def new(soup, name, text="", **attributes):
    """An element; ``class_`` stands for ``class``."""
    element = soup.new_tag(name, attrs={key.rstrip("_"): word for key, word in attributes.items()})
    element.string = text
    return element


def replace_pages(soup, article):
    """Say where a reader would do something that here is nothing to be done."""
    for page in article.select(".srlib-page"):
        for note in article.select(f"#{page['id']}-still p"):
            note.decompose()
        page.replace_with(new(soup, "p", "Paper cannot do this: open the page on the site."))


def pair_up(soup, article):
    """Put the two pictures under a slider beside each other."""
    for stage in article.select(".srlib-stage"):
        labels = stage.find_previous(class_="srlib-labels").extract()
        pair = new(soup, "div", class_="srlib-gallery srlib-pair")
        for image, label in zip(stage.find_all("img"), labels.find_all("span"), strict=True):
            figure = new(soup, "figure", style=f"width: {image['width']}px")
            figure.append(image.extract())
            figure.append(new(soup, "figcaption", label.get_text()))
            pair.append(figure)
        stage.replace_with(pair)


def thin_out(soup, article):
    """Leave some states of each control, at even distances."""
    for states in article.select(".srlib-states"):
        every = states.find_all(class_="srlib-state", recursive=False)
        if (count := len(every)) > STATES:
            kept = {round(i * (count - 1) / (STATES - 1)) for i in range(STATES)}
            for i in set(range(count)) - kept:
                every[i].decompose()
            note = f"{STATES} of {count} states are printed; the site has all of them."
            states.insert_after(new(soup, "p", note, class_="note"))


def gather_answers(soup, article):
    """Move what each answer to a quiz comes to to the end, where nobody reads it too early."""
    quizzes = article.select(".srlib-quiz")
    if not quizzes:
        return
    answers = new(soup, "section", id="answers-to-the-questions")
    answers.append(new(soup, "h2", "Answers to the questions"))
    for number, quiz in enumerate(quizzes, start=1):
        quiz.legend.insert(0, f"Question {number}. ")
        answers.append(new(soup, "p", quiz.legend.get_text(), class_="question"))
        for details in quiz.find_all("details"):
            answer = details.p.extract()
            answer.insert(0, f"{details.summary.span.get_text()}. ")
            answers.append(answer)
            del details["name"]  # of several with one name, one is open
    article.section.append(answers)
