namespace Lateen.Net.Http1;

/// <summary>The two shapes of a request for another protocol: HTTP/1.1's Upgrade and HTTP/2's extended CONNECT (RFC 8441).</summary>
internal sealed partial class MessageHead
{
    private static ReadOnlySpan<byte> UpgradeMethod => "GET"u8;

    /// <summary>Makes an extended CONNECT the upgrade that it stands for (RFC 8441 5: the method is GET, the protocol is named by Upgrade).</summary>
    public void BecomeUpgrade(ReadOnlySpan<byte> protocol)
    {
        UpgradeMethod.CopyTo(_bytes);
        _methodLength = UpgradeMethod.Length;
        Set(HttpField.Upgrade, protocol);
        HasUpgrade = true;
    }

    /// <summary>Another status of the same message, with its reason.</summary>
    public void ChangeStatus(int status)
    {
        Status = status;
        SetTarget(StatusReasons.Of(status));
    }
}
