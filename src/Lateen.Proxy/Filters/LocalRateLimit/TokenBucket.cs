namespace Lateen.Proxy.Filters.LocalRateLimit;

/// <summary>envoy.type.v3.TokenBucket: begins full, gets tokens at each interval. Shared by all threads, without a lock.</summary>
internal sealed class TokenBucket
{
    private readonly uint _maximum;
    private readonly uint _perFill;
    private readonly long _interval;
    private long _tokens;
    private long _filledAt;

    public TokenBucket(uint maximum, uint perFill, long intervalMilliseconds, long now) =>
        (_maximum, _perFill, _interval, _tokens, _filledAt) = (maximum, perFill, intervalMilliseconds, maximum, now);

    public uint Maximum => _maximum;

    public long Remaining => Math.Max(0, Volatile.Read(ref _tokens));

    /// <summary>Milliseconds until the next tokens come.</summary>
    public long UntilFill(long now) => Math.Max(0, _interval - (now - Volatile.Read(ref _filledAt)));

    public bool TryTake(long now)
    {
        Fill(now);
        long tokens = Volatile.Read(ref _tokens);
        while (tokens > 0)
        {
            long seen = Interlocked.CompareExchange(ref _tokens, tokens - 1, tokens);
            if (seen == tokens)
            {
                return true;
            }
            tokens = seen;
        }
        return false;
    }

    // Whoever moves the time of the last fill puts the tokens in: no interval is filled twice.
    private void Fill(long now)
    {
        long filled = Volatile.Read(ref _filledAt);
        long intervals = (now - filled) / _interval;
        if (intervals <= 0 || Interlocked.CompareExchange(ref _filledAt, filled + (intervals * _interval), filled) != filled)
        {
            return;
        }
        long add = (long)Math.Min(_maximum, (ulong)intervals * _perFill);
        long tokens = Volatile.Read(ref _tokens);
        long seen;
        while ((seen = Interlocked.CompareExchange(ref _tokens, Math.Min(_maximum, tokens + add), tokens)) != tokens)
        {
            tokens = seen;
        }
    }
}
