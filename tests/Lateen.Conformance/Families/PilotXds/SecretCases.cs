namespace Lateen.Conformance.Families.PilotXds;

/// <summary>Which secrets, and which parts of them, are sent.</summary>
internal static class SecretCases
{
    public static CaseResult Run(ConformanceCase c) => CaseResult.Skipped("secrets are not served yet");
}
