WITH days AS (
    SELECT
        make_date(year, month, day) AS day,
        count(*) AS scheduled,
        count(*) FILTER (WHERE dep_time IS NULL) AS cancelled,
        median(dep_delay) AS median_delay,
        max(dep_delay) AS longest_delay
    FROM flights
    GROUP BY ALL
),
normal AS (
    SELECT avg(cancelled) AS cancelled FROM days
)
SELECT
    d.day,
    d.scheduled,
    d.cancelled,
    round(100.0 * d.cancelled / d.scheduled, 1) AS percent_cancelled,
    round(d.cancelled / n.cancelled, 1) AS times_normal,
    d.median_delay,
    d.longest_delay
FROM days d CROSS JOIN normal n
ORDER BY d.cancelled DESC, d.day
LIMIT 10;
