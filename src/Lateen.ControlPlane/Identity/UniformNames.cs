using System.Formats.Asn1;

namespace Lateen.ControlPlane.Identity;

/// <summary>The URIs in a certificate's alternative names (RFC 5280 4.2.1.6: GeneralName choice 6).</summary>
internal static class UniformNames
{
    private const int UriChoice = 6;

    public static IReadOnlyList<string> Read(byte[] extension)
    {
        var found = new List<string>();
        try
        {
            var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            var uri = new Asn1Tag(TagClass.ContextSpecific, UriChoice);
            while (names.HasData)
            {
                if (names.PeekTag() == uri)
                {
                    found.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, uri));
                }
                else
                {
                    names.ReadEncodedValue();
                }
            }
        }
        catch (AsnContentException)
        {
            return [];
        }

        return found;
    }
}
