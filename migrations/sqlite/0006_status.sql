-- The status page: version 6.

-- How far trails were read, without looking at any other place.
CREATE INDEX coverage_trails ON coverage (provider, account, api, covers_to)
    WHERE until IS NULL AND subject = '' AND outcome IN ('complete', 'partial') AND api >= 'trail:' AND api < 'trail;';
