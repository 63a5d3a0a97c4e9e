SELECT
    a.name AS carrier,
    count(*) AS flights,
    count(DISTINCT f.tailnum) AS aircraft,
    round(avg(2013 - p.year), 1) AS mean_age,
    min(p.year) AS oldest_built,
    count(*) FILTER (WHERE p.tailnum IS NULL) AS unregistered,
    round(sum(f.air_time) / 60.0) AS hours_in_the_air,
    round(avg(f.distance / (f.air_time / 60.0)), 1) AS mean_miles_per_hour
FROM flights f
JOIN airlines a ON a.carrier = f.carrier
LEFT JOIN planes p ON p.tailnum = f.tailnum
GROUP BY a.name
ORDER BY mean_age DESC NULLS LAST, a.name;
