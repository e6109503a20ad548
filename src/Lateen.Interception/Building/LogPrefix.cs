namespace Lateen.Interception.Building;

/// <summary>NFLOG prefixes of the reference's trace logging; rules without one are not logged.</summary>
internal static class LogPrefix
{
    public const string JumpInbound = nameof(JumpInbound);
    public const string JumpOutbound = nameof(JumpOutbound);
    public const string ExcludeInboundPort = nameof(ExcludeInboundPort);
    public const string IncludeInboundPort = nameof(IncludeInboundPort);
    public const string InboundCapture = nameof(InboundCapture);
    public const string KubevirtCommand = nameof(KubevirtCommand);
    public const string ExcludeInterfaceCommand = nameof(ExcludeInterfaceCommand);
}
