#!/usr/bin/env python3
"""A client of the ten interfaces, written from the two vendor documents alone.

It knows nothing of the gateway but its host: it signs the documented addresses and posts the
same names to the host it is given. Python 3.8 or later, standard library only.

Usage
-----
As a program; what it asks for is typed in the terminal, a captcha is saved as a picture file::

    python3 fiveone_client.py --host http://127.0.0.1:8051 --app-id APP --token-id TOKEN \
        fund 990000 1 account=990000000001 password=good

Without ``key=value`` it lists the ways to log in, without a city the cities. As a module::

    client = Client("http://127.0.0.1:8051", "APP", "TOKEN")
    tid = client.create("fund", "990000", "1", account="990000000001", password="good")
    report = client.wait(tid, "fund", ask=lambda kind, picture: input(kind))

Callbacks are verified by ``standardwebhooks`` of PyPI: ``Webhook("whsec_" + base64 of the tokenId)``,
then ``verify(body, headers, json_parse=False)``, for the body is a form.
"""

import argparse
import base64
import hashlib
import json
import sys
import tempfile
import time
import urllib.parse
import urllib.request

DOCUMENTED = "http://api.tcredit.com/identity/"

INTERFACES = {
    "insurance": {
        "cities": "getInsuranceCitysB",
        "logins": "getInsuranceCityParamB",
        "create": "createInsuranceSearchTaskB",
        "result": "getInsuranceB",
        "code": "securityUserCode",
    },
    "fund": {
        "cities": "getFundCitysB",
        "logins": "getFundCityParamB",
        "create": "createFundSearchTaskB",
        "result": "getFundB",
        "code": "fundUserCode",
    },
}

AWAITING_SMS, AWAITING_CAPTCHA = 10003, 10004
# 0 is what the documents' sample shows for a finished report, 40001 what their table says.
FINISHED = (0, 40001, 40002)


class Refused(Exception):
    """The gateway refused: the envelope's status is not 0, or ``data`` tells of an error."""

    def __init__(self, status, message):
        super().__init__(f"{status} {message}")
        self.status = status


def token_key(url, token_id, params):
    """MD5(url + tokenId + param): ``key=value`` joined by commas, in order of the keys."""
    param = ",".join(f"{key}={params[key]}" for key in sorted(params))
    return hashlib.md5((url + token_id + param).encode("utf-8")).hexdigest()


class Client:
    """An app's access to the ten interfaces."""

    def __init__(self, host, app_id, token_id):
        self.host = host.rstrip("/")
        self.app_id = app_id
        self.token_id = token_id

    def call(self, product, operation, **params):
        """Posts one call and returns ``data``."""
        name = INTERFACES[product][operation]
        key = token_key(DOCUMENTED + name, self.token_id, params)
        form = dict(params, appId=self.app_id, tokenKey=key)
        body = urllib.parse.urlencode(form).encode("ascii")
        with urllib.request.urlopen(f"{self.host}/identity/{name}", body, timeout=30) as answer:
            envelope = json.load(answer)
        if envelope["status"] != 0:
            raise Refused(envelope["status"], envelope["message"])
        return envelope["data"]

    def cities(self, product):
        return self.call(product, "cities")

    def logins(self, product, area_code):
        return self.call(product, "logins", area_code=area_code)

    def create(self, product, area_code, login_type, **fields):
        """Creates a task and returns its tid."""
        data = self.call(
            product, "create", area_code=area_code, login_type=str(login_type), **fields
        )
        if not data["success"]:
            raise Refused(data["status"], data["message"])
        return data["tid"]

    def result(self, tid, product):
        return self.call(product, "result", tid=tid)

    def answer(self, tid, product, code):
        """Submits a captcha or SMS code; whether it is right shows in the next result."""
        data = self.call(product, "code", tid=tid, code=code)
        if data["status"] != 0:
            raise Refused(data["status"], data["message"])

    def wait(self, tid, product, ask, every_s=0.5, for_s=900):
        """Polls until the task ends and returns its ``data``.

        ``ask(kind, picture)`` is called with "captcha" and the picture's bytes, or with "sms"
        and None, and returns what the person read.
        """
        asked = None
        deadline = time.monotonic() + for_s
        while time.monotonic() < deadline:
            data = self.result(tid, product)
            code = int(data["code"])
            if code in FINISHED:
                return data
            if code < 0 or code >= 50000:
                raise Refused(code, data["msg"])
            if code in (AWAITING_SMS, AWAITING_CAPTCHA):
                picture = base64.b64decode(data.get("base64_image_bytes") or "") or None
                # A question that is asked again has another picture, or says so in msg.
                question = (code, data["msg"], picture)
                if question != asked:
                    kind = "captcha" if code == AWAITING_CAPTCHA else "sms"
                    self.answer(tid, product, ask(kind, picture))
                    asked = question
            else:
                asked = None
            time.sleep(every_s)
        raise TimeoutError(tid)


def ask_in_terminal(kind, picture):
    # Questions go to standard error: standard output is the report's.
    question = "短信验证码: "
    if kind == "captcha":
        with tempfile.NamedTemporaryFile(suffix=".png", delete=False) as file:
            file.write(picture or b"")
        question = f"图片验证码 ({file.name}): "
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def main():
    parser = argparse.ArgumentParser(description="Query one's fund or insurance records.")
    parser.add_argument("--host", default="http://127.0.0.1:8051")
    parser.add_argument("--app-id", required=True)
    parser.add_argument("--token-id", required=True)
    parser.add_argument("product", choices=sorted(INTERFACES))
    parser.add_argument("area", nargs="?", help="area_code")
    parser.add_argument("login_type", nargs="?")
    parser.add_argument("fields", nargs="*", metavar="key=value")
    args = parser.parse_args()

    client = Client(args.host, args.app_id, args.token_id)
    try:
        if not args.area:
            data = client.cities(args.product)
        elif not args.fields:
            data = client.logins(args.product, args.area)
        else:
            fields = dict(field.split("=", 1) for field in args.fields)
            tid = client.create(args.product, args.area, args.login_type, **fields)
            print(f"tid {tid}", file=sys.stderr)
            data = client.wait(tid, args.product, ask_in_terminal)
    except Refused as refused:
        sys.exit(f"refused: {refused}")
    json.dump(data, sys.stdout, ensure_ascii=False, indent=2)
    print()


if __name__ == "__main__":
    main()
