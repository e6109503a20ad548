namespace Lateen.ControlPlane.Status;

/// <summary>How many of the connected proxies have something.</summary>
internal readonly record struct DistributionCount(int Applied, int Total)
{
    public bool IsComplete => Applied == Total;

    public DistributionCount Plus(DistributionCount other) => new(Applied + other.Applied, Total + other.Total);

    public override string ToString() => $"applied to {Applied} of {Total} proxies";
}

/// <summary>Up to which version of the configuration each connected proxy is, at one moment.</summary>
internal sealed class AppliedMarks
{
    private readonly long[] _sorted;

    public AppliedMarks(IEnumerable<long> versions)
    {
        _sorted = [.. versions];
        Array.Sort(_sorted);
    }

    /// <summary>How many proxies there are.</summary>
    public int Total => _sorted.Length;

    /// <summary>How many have a version or a newer one.</summary>
    public DistributionCount Since(long version)
    {
        // Equal ones count: look for the place before the first of them.
        var (low, high) = (0, _sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _sorted[middle] < version ? (middle + 1, high) : (low, middle);
        }

        return new DistributionCount(_sorted.Length - low, _sorted.Length);
    }
}
