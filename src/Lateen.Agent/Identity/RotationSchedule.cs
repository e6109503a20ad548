namespace Lateen.Agent.Identity;

/// <summary>When a certificate is replaced: once only the grace share of its life is left, spread a little so that pods of one start do not ask at once.</summary>
/// <remarks>Istio: SECRET_GRACE_PERIOD_RATIO (0.5) and SECRET_GRACE_PERIOD_RATIO_JITTER (0.01).</remarks>
internal sealed record RotationSchedule(double GraceRatio, double Jitter, Random Random)
{
    /// <summary>Time to wait from now; zero for a certificate that is due or over.</summary>
    public TimeSpan Delay(DateTimeOffset issued, DateTimeOffset notAfter, DateTimeOffset now)
    {
        double ratio = Math.Clamp(GraceRatio + (((Random.NextDouble() * 2) - 1) * Jitter), 0, 1);
        DateTimeOffset due = notAfter - ((notAfter - issued) * ratio);
        return due > now ? due - now : TimeSpan.Zero;
    }
}
