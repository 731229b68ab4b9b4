"""A headless Chromium that obeys lines of JSON on standard input and answers each with one.

Elements are found as a screen reader names them: by role and accessible name."""

import json
import sys
import time

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

KEYS = {"Tab": Keys.TAB, "Enter": Keys.ENTER, "Space": Keys.SPACE}
ROLES = {"field": "input:not([type=hidden])", "button": "button", "link": "a", "output": "output"}


def start():
    options = webdriver.ChromeOptions()
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "window-size=800,900"):
        options.add_argument("--" + flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options)


def find(driver, role, name):
    found = [e for e in driver.find_elements(By.CSS_SELECTOR, ROLES[role]) if e.accessible_name.strip() == name]
    if len(found) != 1:
        names = [e.accessible_name for e in driver.find_elements(By.CSS_SELECTOR, ROLES[role])]
        raise LookupError(f"{len(found)} elements of role {role} are named {name!r}; there are {names}")
    return found[0]


def obey(driver, order):
    match order["do"]:
        case "open":
            driver.get(order["url"])
        case "type":
            field = find(driver, "field", order["name"])
            field.clear()
            field.send_keys(order["text"])
        case "click":
            find(driver, order["role"], order["name"]).click()
        case "press":
            for key in order["keys"]:
                driver.switch_to.active_element.send_keys(KEYS.get(key, key))
        case "shot":
            driver.save_screenshot(order["file"])
        case "look":
            pass


def view(driver):
    """What is to be seen; looked at again when the page went meanwhile."""
    for _ in range(100):
        try:
            return look(driver)
        except (NoSuchElementException, StaleElementReferenceException):
            time.sleep(0.05)
    return look(driver)


def look(driver):
    focus = driver.switch_to.active_element
    return {
        "url": driver.current_url,
        "title": driver.title,
        "language": driver.find_element(By.TAG_NAME, "html").get_attribute("lang") or "",
        "headings": [e.text for e in driver.find_elements(By.TAG_NAME, "h1")],
        "text": driver.find_element(By.TAG_NAME, "body").text,
        "alerts": [e.text for e in driver.find_elements(By.CSS_SELECTOR, "[role=alert]")],
        "outputs": [e.text for e in driver.find_elements(By.CSS_SELECTOR, "output")],
        "focus": focus.accessible_name if focus.tag_name != "body" else "",
        "console": [entry["message"] for entry in driver.get_log("browser")],
    }


def main():
    driver = start()
    try:
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            try:
                try:
                    obey(driver, json.loads(line))
                except StaleElementReferenceException:  # the page went while it was obeyed
                    pass
                answer = view(driver)
            except Exception as error:  # the test says what to make of it
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)
    finally:
        driver.quit()


main()
