-- name: seedPrices
INSERT INTO ai_model_prices (provider, model, input_price, output_price, cache_read_price, cache_write_price,
                             created_at, updated_at)
SELECT element ->> 'provider', element ->> 'model', (element ->> 'input_price')::bigint,
       (element ->> 'output_price')::bigint, (element ->> 'cache_read_price')::bigint,
       (element ->> 'cache_write_price')::bigint, $2::timestamptz, $2::timestamptz
FROM   jsonb_array_elements($1::text::jsonb) AS element
ON CONFLICT (provider, model) DO UPDATE
SET    input_price = excluded.input_price, output_price = excluded.output_price,
       cache_read_price = excluded.cache_read_price, cache_write_price = excluded.cache_write_price,
       updated_at = excluded.updated_at;
-- name: prices
SELECT provider, model, input_price, output_price, cache_read_price, cache_write_price, created_at, updated_at
FROM   ai_model_prices WHERE $1::text IN ('', provider) AND $2::text IN ('', model)
ORDER BY provider COLLATE "C", model COLLATE "C";
