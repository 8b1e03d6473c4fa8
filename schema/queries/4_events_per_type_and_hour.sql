-- Events per type and hour
SELECT 'firewall' AS log_type, date_bin('1 hour', "timestamp", '2000-01-01Z') AS hour, count(*) AS events
  FROM firewall_logs GROUP BY hour
UNION ALL
SELECT 'dns', date_bin('1 hour', "timestamp", '2000-01-01Z') AS hour, count(*)
  FROM dns_logs GROUP BY hour
UNION ALL
SELECT 'auth', date_bin('1 hour', "timestamp", '2000-01-01Z') AS hour, count(*)
  FROM auth_logs GROUP BY hour
 ORDER BY hour, log_type;
