namespace Lateen.Interception.Apply;

/// <summary>Chooses the applier by what the kernel and the image have.</summary>
public static class RuleAppliers
{
    /// <summary>The applier for the calling thread's network namespace; null where neither iptables nor nft is installed.</summary>
    public static IRuleApplier? Create(IToolRunner tools, InterceptionLog log)
    {
        ArgumentNullException.ThrowIfNull(tools);
        ArgumentNullException.ThrowIfNull(log);
        return new BackendFinder(tools).Find() switch
        {
            null => null,
            { Kind: BackendKind.Nft } => new NftApplier(tools, log),
            { } backend => new IptablesApplier(tools, log, backend),
        };
    }
}
