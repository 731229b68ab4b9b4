-- name: seedPrices
-- Without WHERE the parser would take ON CONFLICT for a join's.
INSERT INTO ai_model_prices (provider, model, input_price, output_price, cache_read_price, cache_write_price,
                             created_at, updated_at)
SELECT value ->> '$.provider', value ->> '$.model', value ->> '$.input_price', value ->> '$.output_price',
       value ->> '$.cache_read_price', value ->> '$.cache_write_price', ?2, ?2
FROM   json_each(?1)
WHERE  true
ON CONFLICT (provider, model) DO UPDATE
SET    input_price = excluded.input_price, output_price = excluded.output_price,
       cache_read_price = excluded.cache_read_price, cache_write_price = excluded.cache_write_price,
       updated_at = excluded.updated_at;
-- name: prices
SELECT provider, model, input_price, output_price, cache_read_price, cache_write_price, created_at, updated_at
FROM   ai_model_prices WHERE ?1 IN ('', provider) AND ?2 IN ('', model) ORDER BY provider, model;
