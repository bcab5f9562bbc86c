package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// query is the body of a search, understood.
type query struct {
	context      string
	and, or, not []criterion
	sort         []order
}

// criterion is one attribute, one operator, one value.
type criterion struct {
	attribute string
	operator  string
	value     any // string, float64, bool, time.Time or []any of these
}

// order is one sort key. Only the first is honoured (observed).
type order struct {
	attribute  string
	descending bool
}

const (
	maxCriteria = 20 // in each of and, or, not (documented)
	maxSorts    = 5  // documented
)

// contexts are the documented values of queryContext. The sandbox holds conversations and customers; the others find
// nothing.
var contexts = strings.Fields("company customer message conversation conversation_time note kobject work_session work_item")

// bodyKeys are the documented keys; there are no others (additionalProperties is false).
var bodyKeys = strings.Fields("queryContext and or not sort timeZone includeDeleted fields aggs searchHash")

// parseQuery reads the body of a search and refuses what is not documented.
func parseQuery(body []byte) (query, error) {
	raw, err := strictObject(body)
	if err != nil {
		return query{}, err
	}
	for key := range raw {
		if !slices.Contains(bodyKeys, key) {
			return query{}, fmt.Errorf("unknown key %q", key)
		}
	}
	q := query{}
	q.context, _ = raw["queryContext"].(string)
	if !slices.Contains(contexts, q.context) && !strings.HasPrefix(q.context, "kobject_") {
		return query{}, errors.New("queryContext is required and must be one of the documented ones")
	}
	for key, criteria := range map[string]*[]criterion{"and": &q.and, "or": &q.or, "not": &q.not} {
		if *criteria, err = parseCriteria(raw[key]); err != nil {
			return query{}, fmt.Errorf("%s: %w", key, err)
		}
	}
	if q.sort, err = parseSort(raw["sort"], q.context); err != nil {
		return query{}, fmt.Errorf("sort: %w", err)
	}
	return q, parseRest(raw)
}

// parseRest checks the keys that have no effect here.
func parseRest(raw object) error {
	if zone, given := raw["timeZone"]; given {
		name, isText := zone.(string)
		if _, err := time.LoadLocation(name); !isText || name == "" || err != nil {
			return errors.New("timeZone must be an IANA name")
		}
	}
	if deleted, given := raw["includeDeleted"]; given {
		if _, isBool := deleted.(bool); !isBool {
			return errors.New("includeDeleted must be a boolean")
		}
	}
	return nil
}

// strictObject reads exactly one JSON object.
func strictObject(body []byte) (object, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	var raw object
	if err := decoder.Decode(&raw); err != nil || raw == nil {
		return nil, errors.New("the body must be a JSON object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one JSON value in the body")
	}
	return raw, nil
}

// objects is an object or an array of objects.
func objects(raw any, limit int) ([]object, error) {
	switch value := raw.(type) {
	case nil:
		return nil, nil
	case object:
		return []object{value}, nil
	case []any:
		if len(value) > limit {
			return nil, fmt.Errorf("at most %d items are allowed", limit)
		}
		all := make([]object, len(value))
		for i := range value {
			one, ok := value[i].(object)
			if !ok {
				return nil, errors.New("an item is not an object")
			}
			if slices.ContainsFunc(all[:i], func(o object) bool { return reflect.DeepEqual(o, one) }) {
				return nil, errors.New("items must be unique")
			}
			all[i] = one
		}
		return all, nil
	default:
		return nil, errors.New("must be an object or an array of objects")
	}
}

func parseCriteria(raw any) ([]criterion, error) {
	items, err := objects(raw, maxCriteria)
	if err != nil {
		return nil, err
	}
	var all []criterion
	for _, item := range items {
		c, err := parseCriterion(item)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func parseCriterion(item object) (criterion, error) {
	attribute, operation, ok := single(item)
	if !ok {
		return criterion{}, errors.New("a criterion has exactly one attribute")
	}
	of, known := attributeType(attribute)
	if !known {
		return criterion{}, fmt.Errorf("unknown attribute %q", attribute)
	}
	operations, _ := operation.(object)
	operator, value, ok := single(operations)
	if !ok {
		return criterion{}, fmt.Errorf("%s: exactly one operator is allowed", attribute)
	}
	parsed, err := parseValue(attribute, of, operator, value)
	if err != nil {
		return criterion{}, fmt.Errorf("%s: %w", attribute, err)
	}
	return criterion{attribute, operator, parsed}, nil
}

// single is the only entry of an object.
func single(o object) (key string, value any, ok bool) {
	if len(o) != 1 {
		return "", nil, false
	}
	key = slices.Collect(maps.Keys(o))[0]
	return key, o[key], true
}

func parseSort(raw any, context string) ([]order, error) {
	items, err := objects(raw, maxSorts)
	if err != nil {
		return nil, err
	}
	var all []order
	for _, item := range items {
		attribute, direction, ok := single(item)
		if !ok {
			return nil, errors.New("an item has exactly one attribute")
		}
		if _, known := attributeType(attribute); !known || !strings.HasPrefix(attribute, context+"_") {
			return nil, fmt.Errorf("%q is no attribute of the %s", attribute, context)
		}
		if direction != "asc" && direction != "desc" {
			return nil, errors.New(`the direction is "asc" or "desc"`)
		}
		all = append(all, order{attribute, direction == "desc"})
	}
	return all, nil
}
