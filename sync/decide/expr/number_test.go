package expr

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestNumbersKeepTheirDigits compares, writes and counts with numbers that no float64 holds.
func TestNumbersKeepTheirDigits(t *testing.T) {
	env := testEnv(map[string]any{
		"orderNum": json.Number("9007199254740993"), "parcelNum": json.Number("9400111899223197428490"),
		"rateNum": json.Number("0.12345678901234567891"), "debtNum": json.Number("-9007199254740995"),
		"dotNum": json.Number("9007199254740993.0"), "expNum": json.Number("9007199254740993e3"),
		"smallNum": json.Number("5"), "plainNum": 7.5, "exactNum": float64(1 << 53),
		"listNum": []any{json.Number("9007199254740993"), 2.0, "a"},
	})
	for text, want := range map[string]bool{
		`custom.orderNum == 9007199254740993`:                              true,
		`9007199254740993 == conversation.custom.orderNum`:                 true,
		`custom.orderNum == 9007199254740992`:                              false,
		`custom.orderNum != 9007199254740992`:                              true,
		`custom.orderNum != 9007199254740993`:                              false,
		`custom.orderNum == custom.exactNum`:                               false,
		`custom.orderNum > custom.exactNum`:                                true,
		`custom.orderNum >= 9007199254740993`:                              true,
		`custom.orderNum <= 9007199254740992`:                              false,
		`custom.orderNum < 9007199254740994`:                               true,
		`custom.dotNum == custom.orderNum`:                                 true,
		`custom.expNum == 9007199254740993000`:                             true,
		`custom.debtNum < 0 and custom.debtNum == -9007199254740995`:       true,
		`custom.parcelNum > 9007199254740993`:                              true,
		`custom.parcelNum == custom.parcelNum`:                             true,
		`custom.rateNum > 0.1 and custom.rateNum < 0.2`:                    true,
		`custom.smallNum == 5 and custom.smallNum == 5.0`:                  true,
		`custom.orderNum == "9007199254740993"`:                            false,
		`custom.orderNum == custom.none or custom.orderNum < custom.none`:  false,
		`custom.orderNum != nil`:                                           true,
		`custom.orderNum in [9007199254740993]`:                            true,
		`custom.orderNum in [9007199254740992, 1]`:                         false,
		`custom.orderNum in custom.listNum`:                                true,
		`9007199254740993 in custom.listNum and "a" in custom.listNum`:     true,
		`9007199254740992 in custom.listNum`:                               false,
		`custom.smallNum in 1..9`:                                          true,
		`custom.orderNum not in [1, 2]`:                                    true,
		`any(custom.listNum, # == 9007199254740993)`:                       true,
		`custom.orderNum / 2 > 4e15 and custom.orderNum - 1 > 1`:           true,
		`-custom.debtNum > 0 and custom.orderNum * 2 > 1 + custom.debtNum`: true,
		`custom.orderNum + custom.plainNum > 9e15`:                         true,
		`int(custom.orderNum) == 9007199254740993`:                         true,
		`int(custom.orderNum) % 2 == 1`:                                    true,
		`round(custom.rateNum) == 0 and abs(custom.debtNum) > 9e15`:        true,
		`max(custom.orderNum, 1) > 9e15 and min(custom.parcelNum, 3) == 3`: true,
		`string(custom.orderNum) endsWith "993"`:                           true,
	} {
		e, err := CompileCondition(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := e.Holds(env); err != nil || got != want {
			t.Errorf("%s: got %t %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		`custom.orderNum`:                      "9007199254740993",
		`custom.parcelNum`:                     "9400111899223197428490",
		`custom.rateNum`:                       "0.12345678901234567891",
		`custom.debtNum`:                       "-9007199254740995",
		`custom.dotNum`:                        "9007199254740993",
		`custom.expNum`:                        "9007199254740993000",
		`custom.listNum`:                       "9007199254740993, 2, a",
		`"no. " + string(custom.orderNum)`:     "no. 9007199254740993",
		`custom.none ?? custom.parcelNum`:      "9400111899223197428490",
		`string(int(custom.orderNum))`:         "9007199254740993",
		`[custom.orderNum, custom.plainNum]`:   "9007199254740993, 7.5",
		`{"a": custom.orderNum}["a"]`:          "9007199254740993",
		`custom.vip ? 1 : custom?.orderNum`:    "9007199254740993",
		`map(custom.listNum, string(#))`:       "9007199254740993, 2, a",
		`custom.plainNum + 1`:                  "8.5",
		`first(custom.listNum)`:                "9007199254740993",
		`find(custom.listNum, # > 2)`:          "9007199254740993",
		`last(filter(custom.listNum, # != 2))`: "a",
	} {
		e, err := CompileValue(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		value, err := e.Eval(env)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		texts, err := TextsOf(value)
		if got := strings.Join(texts, ListSeparator); err != nil || got != want {
			t.Errorf("%s: got %q %v, want %q", text, got, err, want)
		}
	}
}
