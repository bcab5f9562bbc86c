package sandbox

import "net/http"

var errorCodes = map[int]string{
	http.StatusBadRequest:            "bad_request",
	http.StatusUnauthorized:          "unauthorized",
	http.StatusNotFound:              "not_found",
	http.StatusMethodNotAllowed:      "method_not_allowed",
	http.StatusRequestEntityTooLarge: "payload_too_large",
	http.StatusTooManyRequests:       "too_many_requests",
}

// listError is the shape of most of Kustomer's errors (documented).
func listError(status int, message string) answer {
	code := errorCodes[status]
	if code == "" {
		code = "internal_error"
	}
	return jsonAnswer(
		status, object{"errors": []object{{"code": code, "message": message, "meta": object{}}}})
}

// recordError is the JSON:API shape, which some endpoints use (documented).
func recordError(status int, title, parameter string) answer {
	return jsonAnswer(status, object{"errors": []object{{
		"status": status, "code": errorCodes[status], "title": title,
		"source": object{"parameters": parameter},
	}}})
}
