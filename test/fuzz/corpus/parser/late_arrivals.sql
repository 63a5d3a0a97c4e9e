SELECT
    f.origin,
    f.dest,
    coalesce(ap.name, 'not in the list of airports') AS destination,
    ap.tzone,
    count(*) AS late_flights,
    round(avg(f.arr_delay), 1) AS mean_arrival_delay,
    round(avg(f.dep_delay - f.arr_delay), 1) AS minutes_made_up,
    quantile_cont(f.arr_delay, 0.9) AS ninetieth_percentile
FROM flights f
LEFT JOIN airports ap ON ap.faa = f.dest
WHERE f.arr_delay > (SELECT avg(g.arr_delay) FROM flights g WHERE g.origin = f.origin)
  AND EXISTS (SELECT 1 FROM weather w WHERE w.origin = f.origin AND w.time_hour = f.time_hour)
GROUP BY f.origin, f.dest, ap.name, ap.tzone
HAVING avg(f.dep_delay - f.arr_delay) > 0
ORDER BY mean_arrival_delay DESC, f.origin, f.dest
LIMIT 10;
