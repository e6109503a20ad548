namespace Lateen.Xds.Client;

/// <summary>Pauses between attempts: doubling from a base to a limit, each drawn between half and all of it, so that clients do not come in step.</summary>
internal sealed class Backoff(TimeSpan least, TimeSpan limit, Random random)
{
    private int _failures;

    public TimeSpan Next()
    {
        // 2^20 times any base is beyond every limit; the exponent is held there so that it cannot overflow.
        var full = least * Math.Pow(2, Math.Min(_failures++, 20));
        return (full > limit ? limit : full) * (0.5 + (random.NextDouble() / 2));
    }

    public void Reset() => _failures = 0;
}
