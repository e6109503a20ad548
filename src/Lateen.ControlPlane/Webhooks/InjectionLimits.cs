namespace Lateen.ControlPlane.Webhooks;

/// <summary>What the injection webhook lets its callers use.</summary>
internal sealed record InjectionLimits
{
    /// <summary>Bytes of one body; the largest object that an API server stores is 1.5 MiB, and a review holds it once or twice.</summary>
    public int BodyBytes { get; init; } = 6 * 1024 * 1024;

    /// <summary>Bytes of all bodies that are in memory at a time.</summary>
    public long BufferedBytes { get; init; } = 48L * 1024 * 1024;

    /// <summary>Calls that compute at a time; the others wait.</summary>
    public int Concurrency { get; init; } = Math.Max(2, Environment.ProcessorCount);

    /// <summary>Time until a call must be complete; an API server waits 10 s by default.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);
}
