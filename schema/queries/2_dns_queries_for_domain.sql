-- All DNS queries for a domain
-- $1 domain text: SELECT query_domain FROM dns_logs LIMIT 1
SELECT "timestamp", client_ip, query_domain, query_type, response_code
  FROM dns_logs
 WHERE query_domain = $1::text
 ORDER BY "timestamp";
