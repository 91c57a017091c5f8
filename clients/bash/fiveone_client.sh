#!/usr/bin/env bash
# A client of the ten interfaces, written from the two vendor documents alone. It knows nothing of the
# gateway but its host: it signs the documented addresses and posts the same names to the host it is
# given. bash 4, curl and coreutils; answers are printed as they come, and of JSON it reads only the
# few plain fields that it needs.
#
#   FIVEONE_HOST=http://127.0.0.1:8051 FIVEONE_APP_ID=APP FIVEONE_TOKEN_ID=TOKEN \
#       fiveone_client.sh fund 990000 1 account=990000000001 password=good
#
# Without key=value it prints the ways to log in, without a city the cities. Callbacks have the headers of
# Standard Webhooks; their secret is whsec_ and the base64 of the tokenId.
set -euo pipefail

host=${FIVEONE_HOST:-http://127.0.0.1:8051}
app_id=${FIVEONE_APP_ID:?the id of the app}
token_id=${FIVEONE_TOKEN_ID:?the token of the app}
documented=http://api.tcredit.com/identity/

refuse() {
    echo "$*" >&2
    exit 1
}

interface() {
    case "$1 $2" in
        "fund cities") echo getFundCitysB ;;
        "fund logins") echo getFundCityParamB ;;
        "fund create") echo createFundSearchTaskB ;;
        "fund result") echo getFundB ;;
        "fund code") echo fundUserCode ;;
        "insurance cities") echo getInsuranceCitysB ;;
        "insurance logins") echo getInsuranceCityParamB ;;
        "insurance create") echo createInsuranceSearchTaskB ;;
        "insurance result") echo getInsuranceB ;;
        "insurance code") echo securityUserCode ;;
        *) refuse "the product is fund or insurance" ;;
    esac
}

# The first plain value of a JSON key, without its quotation marks.
field() {
    grep -o "\"$1\":\(\"[^\"]*\"\|[^,}\"]*\)" <<<"$2" | head -n 1 | cut -d: -f2- | tr -d '"'
}

# Posts one call and prints the envelope: call PRODUCT OPERATION [key=value ...].
call() {
    local product=$1 operation=$2 name param key envelope pair
    shift 2
    name=$(interface "$product" "$operation")
    # MD5(url + tokenId + param): key=value joined by commas, in order of the keys.
    param=$(for pair in "$@"; do printf '%s\n' "$pair"; done | LC_ALL=C sort -t= -k1,1 | paste -sd, -)
    key=$(printf '%s' "$documented$name$token_id$param" | md5sum | cut -d' ' -f1)
    local form=(--data-urlencode "appId=$app_id" --data-urlencode "tokenKey=$key")
    for pair in "$@"; do
        form+=(--data-urlencode "$pair")
    done
    # The form goes by a file that is no file, so that no password stands among the processes.
    envelope=$(curl -sS --max-time 30 -K <(
        for pair in "${form[@]}"; do
            [ "$pair" = --data-urlencode ] && continue
            pair=${pair//\\/\\\\}
            printf 'data-urlencode = "%s"\n' "${pair//\"/\\\"}"
        done
    ) "${host%/}/identity/$name")
    [ "$(field status "$envelope")" = 0 ] ||
        refuse "$(field status "$envelope") $(field message "$envelope")"
    printf '%s\n' "$envelope"
}

# Asks in the terminal: ask PICTURE, which is blank for an SMS code.
ask() {
    local file typed
    if [ -n "$1" ]; then
        file=$(mktemp --suffix=.png)
        base64 -d <<<"$1" >"$file"
        printf '图片验证码 (%s): ' "$file" >&2
    else
        printf '短信验证码: ' >&2
    fi
    read -r typed
    printf '%s' "$typed"
}

[ $# -ge 1 ] || refuse "usage: fiveone_client.sh fund|insurance [AREA [TYPE key=value ...]]"
product=$1
[ $# -ge 2 ] || { call "$product" cities; exit; }
[ $# -ge 4 ] || { call "$product" logins "area_code=$2"; exit; }
area=$2 type=$3
shift 3

created=$(call "$product" create "area_code=$area" "login_type=$type" "$@")
tid=$(field tid "$created")
[ -n "$tid" ] || refuse "not created: $created"
asked=
for _ in $(seq 1800); do
    envelope=$(call "$product" result "tid=$tid")
    code=$(field code "$envelope")
    case $code in
        0 | 40001 | 40002)
            printf '%s\n' "$envelope"
            exit
            ;;
        10003 | 10004)
            picture=$(field base64_image_bytes "$envelope")
            # A question that is asked again has another picture, or says so in msg.
            question="$code $(field msg "$envelope") $picture"
            if [ "$question" != "$asked" ]; then
                call "$product" code "tid=$tid" "code=$(ask "$picture")" >/dev/null
                asked=$question
            fi
            ;;
        -* | 5????) refuse "$code $(field msg "$envelope")" ;;
        *) asked= ;;
    esac
    sleep 0.5
done
refuse "$tid did not end in time"
