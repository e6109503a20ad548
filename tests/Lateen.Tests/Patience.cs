namespace Lateen.Tests;

/// <summary>How long a test waits for what must come. Only a test that fails waits it out, so it is long enough for a machine that is busy with other work.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
}
