-- The 20 source addresses with the most firewall events in a time window, of whole hours
-- $1 from timestamptz: SELECT max(hour) - interval '23 hours' FROM firewall_sources_hourly
-- $2 to timestamptz: SELECT max(hour) FROM firewall_sources_hourly
SELECT src_ip, sum(events)::bigint AS events
  FROM firewall_sources_hourly
 WHERE hour >= date_trunc('hour', $1::timestamptz, 'UTC') AND hour <= $2::timestamptz
 GROUP BY src_ip
 ORDER BY events DESC, src_ip
 LIMIT 20;
