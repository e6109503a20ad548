namespace Lateen.Interception.Apply;

/// <summary>Where the work is told, line by line; the host decides how a line looks.</summary>
public sealed record InterceptionLog(Action<string> Info, Action<string> Warn, Action<string> Error)
{
    /// <summary>Tells nobody.</summary>
    public static InterceptionLog None { get; } = new(_ => { }, _ => { }, _ => { });
}
