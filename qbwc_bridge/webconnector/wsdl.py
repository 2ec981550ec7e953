"""Our own WSDL text, made once from the configured public address, so that no Host header can change it."""

from html import escape

from qbwc_bridge.webconnector.calls import NAMESPACE, NUMBERS, OPERATIONS, Operation

SERVICE = "QBWebConnectorSvc"
PORT = "QBWebConnectorSvcSoap"
PATH = "/qbwc"
"""Where the SOAP endpoint stands below the public address."""

_RESULT_TYPES = {
    "string": 'minOccurs="0" maxOccurs="1" name="{}" type="s:string"',
    "strings": 'minOccurs="0" maxOccurs="1" name="{}" type="tns:ArrayOfString"',
    "int": 'minOccurs="1" maxOccurs="1" name="{}" type="s:int"',
}

_ARRAY_OF_STRING = (
    '<s:complexType name="ArrayOfString"><s:sequence><s:element minOccurs="0" maxOccurs="unbounded" name="string"'
    ' nillable="true" type="s:string"/></s:sequence></s:complexType>'
)


def _elements(operation: Operation) -> str:
    """Declare the elements of request and response."""
    parameters = "".join(
        f'<s:element minOccurs="{int(name in NUMBERS)}" maxOccurs="1" name="{name}"'
        f' type="s:{"int" if name in NUMBERS else "string"}"/>'
        for name in operation.parameters
    )
    content = f"<s:sequence>{parameters}</s:sequence>" if parameters else ""
    result = _RESULT_TYPES[operation.result].format(f"{operation.name}Result")
    return (
        f'<s:element name="{operation.name}"><s:complexType>{content}</s:complexType></s:element>\n'
        f'<s:element name="{operation.name}Response"><s:complexType><s:sequence><s:element {result}/></s:sequence>'
        "</s:complexType></s:element>\n"
    )


def _messages(operation: Operation) -> str:
    """Declare the messages in and out."""
    return "".join(
        f'<wsdl:message name="{operation.name}Soap{way}"><wsdl:part name="parameters"'
        f' element="tns:{operation.name}{suffix}"/></wsdl:message>\n'
        for way, suffix in (("In", ""), ("Out", "Response"))
    )


def _port_operation(operation: Operation) -> str:
    """Declare the operation in the port type."""
    return (
        f'<wsdl:operation name="{operation.name}"><wsdl:input message="tns:{operation.name}SoapIn"/>'
        f'<wsdl:output message="tns:{operation.name}SoapOut"/></wsdl:operation>\n'
    )


def _bound_operation(operation: Operation) -> str:
    """Bind the operation to SOAP 1.1 over HTTP, document/literal."""
    body = '<soap:body use="literal"/>'
    return (
        f'<wsdl:operation name="{operation.name}"><soap:operation soapAction="{NAMESPACE}{operation.name}"'
        f' style="document"/><wsdl:input>{body}</wsdl:input><wsdl:output>{body}</wsdl:output></wsdl:operation>\n'
    )


def wsdl_text(public_url: str) -> str:
    """Give the WSDL of every operation, SOAP 1.1 only; `public_url` is the setting PUBLIC_URL, without /qbwc."""
    address = escape(public_url.rstrip("/") + PATH)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"'
        f' xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns:tns="{NAMESPACE}" targetNamespace="{NAMESPACE}">\n'
        f'<wsdl:types><s:schema elementFormDefault="qualified" targetNamespace="{NAMESPACE}">\n'
        f"{''.join(map(_elements, OPERATIONS))}{_ARRAY_OF_STRING}\n"
        f"</s:schema></wsdl:types>\n{''.join(map(_messages, OPERATIONS))}"
        f'<wsdl:portType name="{PORT}">\n{"".join(map(_port_operation, OPERATIONS))}</wsdl:portType>\n'
        f'<wsdl:binding name="{PORT}" type="tns:{PORT}"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>\n'
        f"{''.join(map(_bound_operation, OPERATIONS))}</wsdl:binding>\n"
        f'<wsdl:service name="{SERVICE}"><wsdl:port name="{PORT}" binding="tns:{PORT}">'
        f'<soap:address location="{address}"/></wsdl:port></wsdl:service>\n'
        "</wsdl:definitions>\n"
    )
