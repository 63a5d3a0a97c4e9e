SELECT
    a.name AS carrier,
    f.hour,
    count(*) AS flights,
    round(avg(f.dep_delay), 1) AS mean_delay,
    round(avg(f.dep_delay) FILTER (WHERE w.precip > 0), 1) AS mean_delay_in_rain,
    round(avg(w.wind_speed), 1) AS mean_wind,
    round(avg(w.visib), 1) AS mean_visibility
FROM flights f
JOIN airlines a USING (carrier)
LEFT JOIN weather w ON w.origin = f.origin AND w.time_hour = f.time_hour
WHERE f.dep_delay IS NOT NULL
GROUP BY a.name, f.hour
HAVING count(*) >= 500
ORDER BY mean_delay DESC, carrier, f.hour
LIMIT 10;
