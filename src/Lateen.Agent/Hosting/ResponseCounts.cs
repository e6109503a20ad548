namespace Lateen.Agent.Hosting;

/// <summary>How many responses of a type were accepted and refused. Safe from any thread.</summary>
internal sealed class ResponseCounts
{
    private long _accepted;
    private long _refused;

    public long Accepted => Interlocked.Read(ref _accepted);

    public long Refused => Interlocked.Read(ref _refused);

    public void Count(bool isAccepted) => Interlocked.Increment(ref isAccepted ? ref _accepted : ref _refused);

    public override string ToString() => $"{Accepted} successful, {Refused} rejected";
}
