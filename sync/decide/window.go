package decide

// TimeLayout is how messages show times: UTC, milliseconds.
const TimeLayout = "2006-01-02T15:04:05.000Z"
